package audio

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Transcode makes of the file in the one that travels: MP3, 48 kHz, mono,
// 64 kbit/s, where ffmpeg is installed, else a copy of the original. Whatever
// stood at out is replaced. It returns what is at out, decoded whole by Probe.
//
// With ffmpeg, in may be of any kind that ffmpeg reads, also of those that Open
// refuses; but a file that Probe finds truncated or damaged should be refused
// before, since ffmpeg mends it in silence.
func Transcode(ctx context.Context, in, out string) (Info, error) {
	return transcode(ctx, "ffmpeg", in, out)
}

func transcode(ctx context.Context, program, in, out string) (Info, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		err = copyFile(in, out)
	} else {
		err = convert(ctx, path, in, out)
	}
	var info Info
	if err == nil {
		info, err = probeFile(out)
	}
	if err != nil {
		os.Remove(out)
		return Info{}, fmt.Errorf("transcode audio: %w", err)
	}
	return info, nil
}

// convert runs ffmpeg. The names are given as file: addresses, so that no name
// is taken for an option or an address of the network.
func convert(ctx context.Context, path, in, out string) error {
	cmd := exec.CommandContext(ctx, path, "-hide_banner", "-nostdin", "-loglevel", "error", "-y",
		"-protocol_whitelist", "file", "-i", "file:"+in, "-map", "0:a:0", "-vn", "-sn", "-dn", "-map_metadata", "-1",
		"-t", fmt.Sprint(int64((MaxLength + time.Minute).Seconds())), "-threads", "1",
		"-ac", "1", "-ar", "48000", "-c:a", "libmp3lame", "-b:a", "64k", "-f", "mp3", "-id3v2_version", "0", "-fflags", "+bitexact", "-flags:a", "+bitexact", "file:"+out)
	var said bytes.Buffer
	cmd.Stderr = &said
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		text := strings.TrimSpace(said.String())
		return fmt.Errorf("ffmpeg could not convert it: %w: %s", err, text[:min(len(text), 300)])
	}
	return nil
}

func copyFile(in, out string) error {
	r, err := os.Open(in)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := os.Create(out)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	return errors.Join(err, w.Close())
}

func probeFile(path string) (Info, error) {
	f, err := os.Open(path)
	if err != nil {
		return Info{}, err
	}
	defer f.Close()
	return Probe(f)
}
