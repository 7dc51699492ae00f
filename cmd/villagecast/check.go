package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/villagecast/villagecast/scheduler/app"
)

// errDamaged makes the command end with an exit code of its own.
var errDamaged = fault("中心的数据有损坏", "the data of the centre are damaged")

func checkCommand(s *shell) *cobra.Command {
	return &cobra.Command{Use: "check", Short: s.say("检查中心的数据库和媒资文件是否完好", "Looks whether the centre's database and media files are whole"),
		Long: s.say("读数据目录（--data）里的数据库和每个媒资文件，逐个核对哈希。什么都不改，中心可以照常运行。",
			"Reads the database and every media file of the data directory (--data) and compares each with its hash.\n"+
				"It changes nothing, and the centre may run meanwhile."),
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var told time.Time
			r, err := app.Check(cmd.Context(), s.data, func(done, all int) {
				if now := time.Now(); now.Sub(told) > time.Second && terminal(s.errs) {
					told = now
					cmd.PrintErr("\r", s.say(fmt.Sprintf("已查 %d/%d 个媒资文件", done, all), fmt.Sprintf("%d of %d media files", done, all)))
				}
			})
			if err != nil {
				return err
			}
			if err := s.show(r, func() { s.checked(r) }); err != nil {
				return err
			}
			if !r.OK() {
				return errDamaged
			}
			return nil
		}}
}

func (s *shell) checked(r app.CheckReport) {
	if len(r.Database) == 0 {
		s.tell("数据库    完好", "database     whole")
	} else {
		s.tell("数据库    损坏：停下中心，整个数据目录留一份，再用最近的备份恢复 villagecast.db",
			"database     DAMAGED; stop the centre, keep a copy of the data directory, restore villagecast.db from the last backup")
		for _, line := range r.Database {
			s.printf("             %s\n", line)
		}
	}
	if len(r.Damaged) == 0 {
		s.tell(fmt.Sprintf("媒资文件  %d 个，全部完好", r.Files), fmt.Sprintf("media files  %d, all whole", r.Files))
		return
	}
	s.tell(fmt.Sprintf("媒资文件  %d 个，%d 个不完好：请逐个重新上传（villagecast assets add FILE）", r.Files, len(r.Damaged)),
		fmt.Sprintf("media files  %d, of which %d are not whole; upload each again (villagecast assets add FILE)", r.Files, len(r.Damaged)))
	t := newTable("", s.say("标题", "TITLE"), s.say("媒资", "ASSET"), s.say("文件", "FILE"), s.say("原因", "WHY"))
	for _, d := range r.Damaged {
		t.add("", d.Title, d.Asset[:min(12, len(d.Asset))], d.Hash[:min(12, len(d.Hash))], word(s, wholeWords, d.Why))
	}
	t.print(s.out)
}
