package main

import (
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/villagecast/villagecast/scheduler/app"
)

// errDamaged makes the command end with an exit code of its own.
var errDamaged = errors.New("the data of the centre are damaged")

func checkCommand(s *shell) *cobra.Command {
	return &cobra.Command{Use: "check", Short: "Looks whether the centre's database and media files are whole",
		Long: "Reads the database and every media file of the data directory (--data) and compares each with its hash.\n" +
			"It changes nothing, and the centre may run meanwhile.",
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var told time.Time
			r, err := app.Check(cmd.Context(), s.data, func(done, all int) {
				if now := time.Now(); now.Sub(told) > time.Second && terminal(s.errs) {
					told = now
					cmd.PrintErrf("\r%d of %d media files", done, all)
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
		s.printf("database     whole\n")
	} else {
		s.printf("database     DAMAGED; stop the centre, keep a copy of the data directory, restore villagecast.db from the last backup\n")
		for _, line := range r.Database {
			s.printf("             %s\n", line)
		}
	}
	if len(r.Damaged) == 0 {
		s.printf("media files  %d, all whole\n", r.Files)
		return
	}
	s.printf("media files  %d, of which %d are not whole; upload each again (villagecast assets add FILE)\n", r.Files, len(r.Damaged))
	t := newTable("", "TITLE", "ASSET", "FILE", "WHY")
	for _, d := range r.Damaged {
		t.add("", d.Title, d.Asset[:min(12, len(d.Asset))], d.Hash[:min(12, len(d.Hash))], d.Why)
	}
	t.print(s.out)
}
