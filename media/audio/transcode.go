package audio

import (
	"context"
	"fmt"
)

// Transcode makes of the file in the one that travels: MP3, 48 kHz, mono,
// 64 kbit/s, where ffmpeg is installed, else a copy of the original. It returns
// what is at out, proven decodable.
func Transcode(ctx context.Context, in, out string) (Info, error) {
	return Info{}, fmt.Errorf("transcode: not yet")
}
