package app

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/villagecast/villagecast/media"
	"github.com/villagecast/villagecast/media/audio"
	"github.com/villagecast/villagecast/media/speech"
	"github.com/villagecast/villagecast/scheduler"
)

// take measures the file, makes what travels of it, and stores the asset.
func (in *intake) take(ctx context.Context, hash media.Hash, a scheduler.Asset) (scheduler.Asset, error) {
	in.one.Lock()
	defer in.one.Unlock()
	out := filepath.Join(in.dir, "rendition-"+hash.Short())
	defer os.Remove(out)
	info, err := in.render(ctx, hash, out)
	if e, ok := errors.AsType[*audio.Error](err); ok {
		message, remedy := soundWords(e)
		return a, &scheduler.Error{Kind: scheduler.Invalid, Field: "file", Value: a.Name, Message: message, Remedy: remedy, Err: err}
	}
	if err != nil {
		return a, full(err)
	}
	f, err := os.Open(out)
	if err != nil {
		return a, full(err)
	}
	defer f.Close()
	rendition, size, err := in.files.Put(f, "")
	if err != nil {
		return a, full(err)
	}
	a.ID, a.Kind = string(hash), scheduler.AssetAudio
	if a.Title == "" {
		a.Title = strings.TrimSuffix(a.Name, filepath.Ext(a.Name))
	}
	a.Rendition = &scheduler.Rendition{Hash: string(rendition), Size: size, Type: info.Type, Lead: info.Lead,
		Frames: info.Frames - info.Lead - info.Trail, Peak: decibels(info.Peak), Loudness: info.Loudness, LongestSilence: info.Silence}
	a, _, err = in.store.AddAsset(ctx, a)
	return a, err
}

// render makes the file that travels. What is damaged is refused before the
// converter sees it, because that one mends in silence; what only our own
// decoder cannot read is left to it.
func (in *intake) render(ctx context.Context, hash media.Hash, out string) (audio.Info, error) {
	f, err := in.files.Open(hash)
	if err != nil {
		return audio.Info{}, err
	}
	defer f.Close()
	_, err = audio.Probe(f)
	if e, ok := errors.AsType[*audio.Error](err); err != nil && (!ok || e.Kind != audio.Unsupported) {
		return audio.Info{}, err
	}
	return audio.Transcode(ctx, in.files.Path(hash), out)
}

// Speak makes an audio asset of a text.
func (in *intake) Speak(ctx context.Context, text, title string) (scheduler.Asset, error) {
	wav, err := in.speaker.Speak(ctx, text)
	if e, ok := errors.AsType[*speech.Error](err); ok {
		kind := scheduler.Unavailable
		if e.Kind == speech.Empty || e.Kind == speech.TooLong {
			kind = scheduler.Invalid
		}
		message, remedy := speechWords(e)
		return scheduler.Asset{}, &scheduler.Error{Kind: kind, Field: "text", Message: message, Remedy: remedy, Err: err}
	}
	if err != nil {
		return scheduler.Asset{}, err
	}
	hash, size, err := in.files.Put(bytes.NewReader(wav), "")
	if err != nil {
		return scheduler.Asset{}, full(err)
	}
	if a, err := in.store.Asset(ctx, string(hash)); err == nil && in.whole(a) {
		return a, nil
	}
	if title == "" {
		title = beginning(text)
	}
	return in.take(ctx, hash, scheduler.Asset{Title: title, Name: "speech.wav", Text: text, Size: size})
}

func beginning(text string) string {
	if r := []rune(text); len(r) > 20 {
		return string(r[:20]) + "…"
	}
	return text
}
