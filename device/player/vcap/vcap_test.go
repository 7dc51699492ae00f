package vcap_test

import (
	"testing"

	"github.com/villagecast/villagecast/device/player/vcap"
)

func TestFindTellsPlaceGainAndError(t *testing.T) {
	src := vcap.Sweep(20_000, 48_000, 1)
	capture := make([]float32, 50_000)
	for i, s := range src {
		capture[12_345+i] = s * 0.5
	}
	m, ok := vcap.Find(capture, src, 0)
	if !ok || m.Frame != 12_345 || m.Frames != len(src) || m.Gain != 0.5 || m.MaxError != 0 {
		t.Errorf("found %v %+v, want frame 12345 with gain 0.5 and no error", ok, m)
	}
	capture[20_000] += 0.01
	if m, _ := vcap.Find(capture, src, 0); m.MaxError < 0.009 {
		t.Errorf("max error is %v with one sample changed by 0.01", m.MaxError)
	}
	if _, ok := vcap.Find(capture, vcap.Sweep(20_000, 48_000, 2), 0); ok {
		t.Error("found another sound")
	}
	if _, ok := vcap.Find(capture, src, 12_346); ok {
		t.Error("found the sound behind its beginning")
	}
}
