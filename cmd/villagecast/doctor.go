package main

import (
	"crypto/x509"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/villagecast/villagecast/cmd/villagecast/doctor"
)

// errIll makes the command end with an exit code of its own.
var errIll = fault("有要修的：看写着“不行”的几行", "something must be mended: see the lines that say fail")

func doctorCommand(s *shell) *cobra.Command {
	backup := ""
	cmd := &cobra.Command{Use: "doctor", Short: s.say("检查手机和终端是否真能连进来，中心的机器怎么样", "Looks whether phones and units really come in, and how the centre's machine stands"),
		Long: s.say("问中心是怎样设置的，再像手机和终端那样从外面连进来，说出哪里不对、怎么办。什么都不改。\n"+
			"在中心的机器上还检查数据库；在别的网络里，把 address、token、ca.pem 三个文件拷来，用 --data 指明，看到的就和手机一样。",
			"Asks the centre how it is set up, then comes in from outside as a phone and as a unit do, and says what is wrong and\n"+
				"what helps. It changes nothing. On the centre's machine it looks at the database too; from another network, with a\n"+
				"copy of address, token and ca.pem as --data, it sees what phones see."),
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.client()
			if err != nil {
				return err
			}
			o := doctor.Options{Client: c, Token: c.Token, Data: s.data, Backup: backup, Chinese: s.lang == "zh-CN"}
			if pem, err := os.ReadFile(filepath.Join(s.data, "ca.pem")); err == nil {
				o.Own = x509.NewCertPool()
				o.Own.AppendCertsFromPEM(pem)
			}
			lines := doctor.Examine(cmd.Context(), o)
			if err := s.show(lines, func() { s.examined(lines) }); err != nil {
				return err
			}
			if doctor.Worst(lines) == doctor.Fail {
				return errIll
			}
			return cmd.Context().Err()
		}}
	cmd.Flags().StringVar(&backup, "backup", "", s.say("放数据库备份的目录（或文件）", "directory (or file) in which backups of the database are laid"))
	return cmd
}

// examined prints one line for each check, and what helps below it.
func (s *shell) examined(lines []doctor.Line) {
	marks := map[doctor.Verdict]string{doctor.OK: s.say("正常", "ok"), doctor.Warn: s.say("注意", "warn"), doctor.Fail: s.say("不行", "FAIL"), doctor.Skip: s.say("略过", "skip")}
	for _, l := range lines {
		s.printf("%s  %s  %s\n", padded(marks[l.Verdict], 4), padded(word(s, checkWords, l.Check), 11), l.Text)
		if l.Remedy != "" && l.Verdict != doctor.OK {
			s.printf("      %s  → %s\n", padded("", 11), l.Remedy)
		}
	}
}
