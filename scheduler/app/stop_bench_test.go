package app_test

import (
	"testing"
	"time"
)

// BenchmarkStop presses STOP while 1,000 simulated units sound, and looks at their
// own outputs; beside it the broker alone lets as many bare clients know as many
// bytes.
func BenchmarkStop(b *testing.B) {
	const rounds = 3
	c := newCrowded(b, fanUnits)
	crowd := newCrowd(b, fanUnits)
	defer crowd.close()
	for range b.N {
		var silent, bare []time.Duration
		for range rounds {
			c.play()
			took, _, _ := c.stop()
			silent = append(silent, percentile(took, 99))
			bare = append(bare, crowd.fanOut(make([]byte, 400), 300))
		}
		b.ReportMetric(float64(median(silent))/1e6, "ms")
		b.ReportMetric(float64(median(bare))/1e6, "bare-ms")
	}
}
