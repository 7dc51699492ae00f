package client

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
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

// chunk is how much does.
const chunk = MaxChunk

// Progress is told how many bytes of how many the centre holds.
type Progress func(done, total int64)

// AddAudio uploads an audio file and returns its asset. A link that breaks is
// tried again from where the centre got to, for as long as ctx lives and each
// try gets further or two minutes have not passed; a second call for the same
// file goes on where the first one ended.
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
	spec := UploadSpec{Name: filepath.Base(path), Title: title, Size: size, Hash: hex.EncodeToString(sum.Sum(nil))}
	up, err := send[Upload](ctx, c, http.MethodPost, "/uploads", spec)
	if err != nil {
		return Asset{}, err
	}
	if up.Asset != nil {
		return *up.Asset, nil
	}
	if err := c.feed(ctx, up, f, progress); err != nil {
		return Asset{}, err
	}
	return send[Asset](ctx, c, http.MethodPost, "/uploads"+id(up.ID)+"/finish", struct{}{})
}

// feed sends the rest of the file, chunk by chunk.
func (c *Client) feed(ctx context.Context, up Upload, f io.ReaderAt, progress Progress) error {
	patience := time.Now().Add(2 * time.Minute)
	for up.Offset < up.Size {
		if progress != nil {
			progress(up.Offset, up.Size)
		}
		next, err := c.append(ctx, up, io.NewSectionReader(f, up.Offset, min(chunk, up.Size-up.Offset)))
		if err == nil {
			up, patience = next, time.Now().Add(2*time.Minute)
			continue
		}
		if !errors.Is(err, ErrUnreachable) || ctx.Err() != nil || time.Now().After(patience) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
		if now, err := get[Upload](ctx, c, "/uploads"+id(up.ID), nil); err == nil {
			up = now
		}
	}
	if progress != nil {
		progress(up.Size, up.Size)
	}
	return nil
}

func (c *Client) append(ctx context.Context, up Upload, part *io.SectionReader) (Upload, error) {
	req, err := c.request(ctx, http.MethodPatch, "/uploads"+id(up.ID), nil, part)
	if err != nil {
		return up, err
	}
	req.ContentLength = part.Size()
	req.Header.Set("Content-Type", "application/offset+octet-stream")
	req.Header.Set("Upload-Offset", fmt.Sprint(up.Offset))
	res, err := c.send(req)
	if err != nil {
		return up, err
	}
	defer drain(res.Body)
	return get[Upload](ctx, c, "/uploads"+id(up.ID), nil)
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
