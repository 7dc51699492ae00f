package player

import (
	"context"
	"log/slog"
)

// scribe takes what is to be logged to a goroutine of its own, as a log that
// is slow to write must not stop the sound. When it is far behind, lines are
// lost.
type scribe chan logLine

type logLine struct {
	level slog.Level
	text  string
	args  []any
}

// say logs soon; it never blocks.
func (s scribe) say(level slog.Level, text string, args ...any) {
	select {
	case s <- logLine{level, text, args}:
	default:
	}
}

// run writes to log until ctx is done, and then what is left.
func (s scribe) run(ctx context.Context, log *slog.Logger) {
	for {
		select {
		case l := <-s:
			log.Log(ctx, l.level, l.text, l.args...)
		case <-ctx.Done():
			for len(s) > 0 {
				l := <-s
				log.Log(context.WithoutCancel(ctx), l.level, l.text, l.args...)
			}
			return
		}
	}
}
