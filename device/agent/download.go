package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/media"
)

const (
	// stall is how long a download may bring nothing.
	stall = 30 * time.Second
	// fetchBlock is how much is read at a time.
	fetchBlock = 16 << 10
	// afterMost bounds what a server may ask us to wait.
	afterMost = 10 * time.Minute
)

// serverError concerns the server or the way to it, and so every file.
type serverError struct {
	err   error
	after time.Duration // as the server asks, 0 for nothing
}

func (e *serverError) Error() string { return e.err.Error() }
func (e *serverError) Unwrap() error { return e.err }

// errWrong says that a server has other bytes than the hash names: asking again
// costs the whole file.
var errWrong = errors.New("the server has another file under this hash")

// download brings the file onto the card; it goes on where it broke.
func (f *fetcher) download(ctx context.Context, cancel context.CancelCauseFunc, a asset) error {
	d, err := f.spool.Download(a.hash, a.size)
	if err != nil {
		return err
	}
	finished := false
	defer func() {
		if !finished {
			_ = d.Close()
		}
	}()
	if d.Size() > a.size {
		if err := d.Reset(); err != nil {
			return err
		}
	}
	if d.Size() < a.size {
		if err := f.transfer(ctx, cancel, d, a); err != nil {
			return err
		}
	}
	finished = true
	if err = d.Finish(); errors.Is(err, spool.ErrDamaged) {
		err = errors.Join(errWrong, err)
	}
	return err
}

// transfer asks for the rest of the file.
func (f *fetcher) transfer(ctx context.Context, cancel context.CancelCauseFunc, d *spool.Download, a asset) error {
	centre := f.centre()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(centre.settings.HTTP, "/")+"/media/"+string(a.hash), nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept-Encoding", "identity")
	if d.Size() > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", d.Size()))
	}
	watchdog := time.AfterFunc(stall, func() { cancel(&serverError{err: errors.New("the download stands still")}) })
	defer watchdog.Stop()
	resp, err := centre.http.Do(req)
	if err != nil {
		return &serverError{err: err}
	}
	defer resp.Body.Close()
	skip, err := judge(resp, a, d.Size())
	if resp.StatusCode == http.StatusRequestedRangeNotSatisfiable {
		err = errors.Join(err, d.Reset())
	}
	if err != nil {
		return err
	}
	body := f.paced(ctx, resp.Body, a, watchdog)
	if _, err := io.CopyN(io.Discard, body, skip); err != nil {
		return &serverError{err: fmt.Errorf("the answer ended early: %w", err)}
	}
	return f.copy(d, body, a.size)
}

// judge looks at an answer to a request for what follows the first have bytes.
// A server that knows no ranges sends the whole: so much of it is to be skipped.
func judge(resp *http.Response, a asset, have int64) (skip int64, err error) {
	tag := strings.Trim(resp.Header.Get("ETag"), `"`)
	if h, err := media.ParseHash(tag); err == nil && h != a.hash {
		return 0, fmt.Errorf("%w: it calls it %s", errWrong, h.Short())
	}
	total := resp.ContentLength
	switch code := resp.StatusCode; {
	case code == http.StatusOK:
		skip = have
	case code == http.StatusPartialContent:
		var first, last int64
		if total, err = contentRange(resp.Header.Get("Content-Range"), &first, &last); err != nil || first != have {
			return 0, &serverError{err: fmt.Errorf("asked for bytes from %d on, the server sends %q", have, resp.Header.Get("Content-Range"))}
		}
	case code == http.StatusRequestedRangeNotSatisfiable:
		return 0, fmt.Errorf("%w: it has less of it than is here", errWrong)
	case code == http.StatusTooManyRequests || code >= 500:
		after, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
		return 0, &serverError{fmt.Errorf("the server answers %s", resp.Status), min(max(0, time.Duration(after)*time.Second), afterMost)}
	default:
		return 0, fmt.Errorf("the server answers %s", resp.Status)
	}
	if total >= 0 && total != a.size {
		return 0, fmt.Errorf("%w: it has %d bytes, what was signed says %d", errWrong, total, a.size)
	}
	return skip, nil
}

// contentRange reads "bytes 0-9/10"; total is -1 where it is not told.
func contentRange(s string, first, last *int64) (total int64, err error) {
	head, tail, _ := strings.Cut(s, "/")
	if _, err := fmt.Sscanf(head, "bytes %d-%d", first, last); err != nil {
		return 0, err
	}
	if tail == "*" {
		return -1, nil
	}
	return strconv.ParseInt(tail, 10, 64)
}

// reader is the body of an answer, read no faster than the settings allow. A
// warning's file is not held back.
type reader struct {
	io.Reader
	before func() error
	after  func()
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.before(); err != nil {
		return 0, err
	}
	n, err := r.Reader.Read(p[:min(len(p), fetchBlock)])
	r.after()
	return n, err
}

func (f *fetcher) paced(ctx context.Context, body io.Reader, a asset, watchdog *time.Timer) io.Reader {
	kbit := f.centre().settings.Fetch
	if kbit == 0 {
		kbit = DefaultFetch
	}
	return reader{Reader: body, after: func() { watchdog.Reset(stall) }, before: func() error {
		if a.urgent {
			return nil
		}
		err := f.pace.wait(ctx, fetchBlock, kbit)
		watchdog.Reset(stall)
		return err
	}}
}

func (f *fetcher) copy(d *spool.Download, body io.Reader, size int64) error {
	buf := make([]byte, fetchBlock)
	for {
		n, err := body.Read(buf)
		if d.Size()+int64(n) > size {
			return errors.Join(fmt.Errorf("%w: it sends more than the %d bytes that were signed", errWrong, size), d.Reset())
		}
		if _, err := d.Write(buf[:n]); err != nil {
			return err
		}
		f.progress += int64(n)
		switch {
		case errors.Is(err, io.EOF) && d.Size() == size:
			return nil
		case errors.Is(err, io.EOF): // what came stays: the next request goes on there
			return &serverError{err: fmt.Errorf("the answer ended after %d of %d bytes", d.Size(), size)}
		case err != nil:
			return &serverError{err: err}
		}
	}
}
