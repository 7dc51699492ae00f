package store

import (
	"testing"
	"time"
)

// BenchmarkDryRun asks what a release to 10,000 units in 400 villages would do,
// each village with a programme of its own among the fifty, and releases it.
func BenchmarkDryRun(b *testing.B) {
	s := bigCountyOf(b, true)
	var dry, release time.Duration
	sets := 0
	for n := 0; b.Loop(); n++ {
		p := bigProgramme("big", bigCounty+1+n)
		if _, _, err := s.PutDraft(b.Context(), p); err != nil {
			b.Fatal(err)
		}
		began := time.Now()
		d, err := s.DryRun(b.Context(), p.ID, 0)
		if err != nil || d.Units != bigTowns*bigVillages*bigUnits || d.Villages != bigTowns*bigVillages {
			b.Fatalf("%+v (%v)", d, err)
		}
		dry, sets = dry+time.Since(began), d.Sets
		began = time.Now()
		if _, _, err := s.Release(b.Context(), p.ID, 0); err != nil {
			b.Fatal(err)
		}
		release += time.Since(began)
	}
	b.ReportMetric(float64(dry)/float64(b.N)/1e6, "ms")
	b.ReportMetric(float64(release)/float64(b.N)/1e6, "release-ms")
	b.ReportMetric(float64(sets), "sets")
}
