package store

import (
	"testing"
	"time"
)

// BenchmarkSweepAtNight judges 10,000 units on which nothing sounds: what is due
// on each is worked out, a little in each sweep, until it is known of all.
func BenchmarkSweepAtNight(b *testing.B) {
	s := bigCountyOf(b, false)
	bear(b, s)
	if err := s.Watch(b.Context(), time.Now().Add(-time.Hour)); err != nil {
		b.Fatal(err)
	}
	now := time.Now().Add(dueHushed + time.Second)
	var longest time.Duration
	for b.Loop() {
		now = now.Add(time.Millisecond)
		began := time.Now()
		if _, err := s.Sweep(b.Context(), now); err != nil {
			b.Fatal(err)
		}
		longest = max(longest, time.Since(began))
	}
	b.ReportMetric(float64(longest)/1e6, "ms-longest")
}
