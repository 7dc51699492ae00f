package client

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// MaxChunk is how much of a file may travel in one request, in bytes.
const MaxChunk = 4 << 20

const (
	// chunk is how much does: what a slow link carries within chunkTime.
	chunk     = 1 << 20
	chunkTime = time.Minute
	// patience is how long an upload may stand still, retry how long it waits
	// before it tries again.
	patience = 2 * time.Minute
	retry    = 500 * time.Millisecond
)

// Progress is told how many bytes of how many the centre holds.
type Progress func(done, total int64)

// AddAudio uploads an audio file and returns its asset. A link that breaks is
// tried again from where the centre got to, until ctx ends or two minutes have
// passed in which nothing came through; a second call for the same file goes on
// where the first one ended.
func (c *Client) AddAudio(ctx context.Context, path, title string, progress Progress) (Asset, error) {
	f, err := os.Open(path)
	if err != nil {
		return Asset{}, fmt.Errorf("open audio file: %w", err)
	}
	defer f.Close()
	sum := sha256.New()
	size, err := io.Copy(sum, f)
	if err != nil {
		return Asset{}, fmt.Errorf("read audio file: %w", err)
	}
	if size == 0 {
		return Asset{}, &Error{Problem{Title: "Empty file", Status: http.StatusUnprocessableEntity, Code: "invalid",
			Errors: []ProblemField{{Field: "file", Value: filepath.Base(path), Message: "the file is empty", Remedy: "copy or export it again"}}}}
	}
	if progress == nil {
		progress = func(int64, int64) {}
	}
	u := upload{c: c, f: f, progress: progress, last: time.Now(),
		spec: UploadSpec{Name: filepath.Base(path), Title: title, Size: size, Hash: hex.EncodeToString(sum.Sum(nil))}}
	for {
		a, err := u.try(ctx)
		if err == nil || !u.passing(err) || ctx.Err() != nil || time.Since(u.last) > patience {
			return a, err
		}
		select {
		case <-ctx.Done():
			return Asset{}, ctx.Err()
		case <-time.After(retry):
		}
	}
}

// passing tells whether an upload that met err may go on: the link broke, the
// centre stands at another offset or is busy with this very file, or somebody
// else has finished it meanwhile. Beginning anew says which.
func (u *upload) passing(err error) bool {
	if errors.Is(err, ErrUnreachable) {
		return u.begun
	}
	e, _ := errors.AsType[*Error](err)
	switch {
	case e == nil:
		return false
	case e.Status == http.StatusConflict:
		return true
	case e.Status == http.StatusNotFound, e.Status == http.StatusBadGateway, e.Status == http.StatusServiceUnavailable, e.Status == http.StatusGatewayTimeout:
		return u.begun
	}
	return false
}

// upload is one file on its way.
type upload struct {
	c        *Client
	f        io.ReaderAt
	spec     UploadSpec
	progress Progress
	// begun: the centre has answered once, so that waiting for it makes sense.
	begun bool
	// most is the furthest that the centre got, last is when it got there.
	most int64
	last time.Time
}

// try begins where the centre stands and goes as far as it can.
func (u *upload) try(ctx context.Context) (Asset, error) {
	up, err := send[Upload](ctx, u.c, http.MethodPost, "/uploads", u.spec)
	if err != nil {
		return Asset{}, err
	}
	u.begun = true
	u.reached(up.Offset)
	if up.Asset != nil {
		return *up.Asset, nil
	}
	for up.Offset < up.Size {
		if up, err = u.piece(ctx, up); err != nil {
			return Asset{}, err
		}
		u.reached(up.Offset)
	}
	return send[Asset](ctx, u.c, http.MethodPost, "/uploads"+id(up.ID)+"/finish", struct{}{})
}

// reached tells of progress, which never goes back in the eyes of the reader.
func (u *upload) reached(offset int64) {
	if offset <= u.most {
		return
	}
	u.most, u.last = offset, time.Now()
	u.progress(offset, u.spec.Size)
}

// piece sends the next bytes.
func (u *upload) piece(ctx context.Context, up Upload) (next Upload, err error) {
	ctx, cancel := context.WithTimeout(ctx, chunkTime)
	defer cancel()
	part := io.NewSectionReader(u.f, up.Offset, min(chunk, up.Size-up.Offset))
	req, err := u.c.request(ctx, http.MethodPatch, "/uploads"+id(up.ID), nil, part)
	if err != nil {
		return up, err
	}
	req.ContentLength = part.Size()
	req.Header.Set("Content-Type", "application/offset+octet-stream")
	req.Header.Set("Upload-Offset", fmt.Sprint(up.Offset))
	res, err := u.c.send(req)
	if err != nil {
		return up, err
	}
	defer drain(res.Body)
	if err := json.NewDecoder(res.Body).Decode(&next); err != nil {
		return up, fmt.Errorf("%w: read answer: %w", ErrUnreachable, err)
	}
	return next, nil
}

// AssetFile is the audio file as it was uploaded. The caller closes it.
func (c *Client) AssetFile(ctx context.Context, asset string) (io.ReadCloser, error) {
	req, err := c.request(ctx, http.MethodGet, "/assets"+id(asset)+"/file", nil, nil)
	if err != nil {
		return nil, err
	}
	res, err := c.send(req)
	if err != nil {
		return nil, err
	}
	return res.Body, nil
}
