package main

import (
	"cmp"
	"context"

	"github.com/spf13/cobra"

	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// endings are what became of a thing that is not just deleted, in Chinese.
var endings = map[string]string{"session": "已结束", "token": "已吊销"}

// removal makes a command that removes one thing by its id.
func removal(s *shell, use, short, noun string, remove func(*client.Client, context.Context, string) error) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, Args: exactly("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := s.client()
			if err != nil {
				return err
			}
			if err := remove(c, cmd.Context(), args[0]); err != nil {
				return err
			}
			return s.show(map[string]string{"removed": args[0]}, func() {
				s.tell(scheduler.Noun(noun).ZH+" "+args[0]+" "+cmp.Or(endings[noun], "已删除"), noun+" "+args[0]+" removed")
			})
		}}
}

// query makes a command that asks the centre one thing and shows it.
func query[T any](s *shell, use, short string, args cobra.PositionalArgs,
	ask func(context.Context, *client.Client, []string) (T, error), words func(T)) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, Args: args,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := s.client()
			if err != nil {
				return err
			}
			v, err := ask(cmd.Context(), c, args)
			if err != nil {
				return err
			}
			return s.show(v, func() { words(v) })
		}}
}
