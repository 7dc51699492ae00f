package main

import (
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/villagecast/villagecast/cmd/villagecast/doctor"
)

// errIll makes the command end with an exit code of its own.
var errIll = errors.New("something must be mended: see the lines that say fail")

func doctorCommand(s *shell) *cobra.Command {
	backup := ""
	cmd := &cobra.Command{Use: "doctor", Short: "Looks whether phones and units really come in, and how the centre's machine stands",
		Long: "Asks the centre how it is set up, then comes in from outside as a phone and as a unit do, and says what is wrong and\n" +
			"what helps. It changes nothing. On the centre's machine it looks at the database too; from another network, with a\n" +
			"copy of address, token and ca.pem as --data, it sees what phones see.",
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
	cmd.Flags().StringVar(&backup, "backup", "", "directory (or file) in which backups of the database are laid")
	return cmd
}

// examined prints one line for each check, and what helps below it.
func (s *shell) examined(lines []doctor.Line) {
	marks := map[doctor.Verdict]string{doctor.OK: "ok", doctor.Warn: "warn", doctor.Fail: "FAIL", doctor.Skip: "skip"}
	if s.lang == "zh-CN" {
		marks = map[doctor.Verdict]string{doctor.OK: "正常", doctor.Warn: "注意", doctor.Fail: "不行", doctor.Skip: "略过"}
	}
	for _, l := range lines {
		s.printf("%-4s  %-11s  %s\n", marks[l.Verdict], l.Check, l.Text)
		if l.Remedy != "" && l.Verdict != doctor.OK {
			s.printf("      %-11s  → %s\n", "", l.Remedy)
		}
	}
}
