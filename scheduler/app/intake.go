package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/villagecast/villagecast/media"
	"github.com/villagecast/villagecast/media/speech"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// assetStore is what the intake asks of the store.
type assetStore interface {
	Asset(ctx context.Context, id string) (scheduler.Asset, error)
	AddAsset(context.Context, scheduler.Asset) (scheduler.Asset, scheduler.Change, error)
	RemoveAsset(ctx context.Context, id string) (unneeded []string, err error)
}

// intake takes audio in: uploads that come in pieces, and texts to be spoken.
// Every file is decoded whole with the unit's own decoder before it becomes an
// asset, so that no unit ever meets one that cannot be played.
type intake struct {
	store   assetStore
	files   *media.Store
	speaker speech.Speaker
	// dir holds what is known of uploads under way, and work in progress.
	dir string
	// ceiling is the largest upload, in bytes.
	ceiling int64
	// one decodes at a time: the machine has other work.
	one sync.Mutex
	// held are the uploads that a request works on: true for one that is whole and
	// being looked at.
	mu   sync.Mutex
	held map[string]bool
}

// Begin begins an upload, or finds the one begun before, or the asset that is
// there already.
func (in *intake) Begin(ctx context.Context, u client.UploadSpec) (client.Upload, *scheduler.Asset, error) {
	hash, err := media.ParseHash(strings.ToLower(u.Hash))
	if err != nil {
		return client.Upload{}, nil, invalid("hash", u.Hash,
			scheduler.Words{ZH: "不是 SHA-256", EN: "is no SHA-256"},
			scheduler.Words{ZH: "发整个文件 SHA-256 的 64 位十六进制数", EN: "send the 64 hexadecimal digits of the whole file's SHA-256"})
	}
	if u.Size > in.ceiling {
		return client.Upload{}, nil, in.tooLarge(u.Size)
	}
	whole := client.Upload{ID: string(hash), Offset: u.Size, Size: u.Size}
	release, looked := in.hold(string(hash), false)
	if release == nil && looked {
		return whole, nil, nil
	}
	if release == nil {
		return client.Upload{}, nil, busy(media.ErrBusy)
	}
	defer release()
	if a, err := in.store.Asset(ctx, string(hash)); err == nil && in.whole(a) {
		return whole, &a, nil
	}
	if err := in.room(string(hash), u.Size); err != nil {
		return client.Upload{}, nil, err
	}
	if err := in.write(string(hash), u); err != nil {
		return client.Upload{}, nil, full(fmt.Errorf("note upload: %w", err))
	}
	up, err := in.state(string(hash))
	return up, nil, err
}

// hold lets one request at a time work on an upload: another one must not begin it
// anew between its last byte and its asset. release is nil where somebody has it;
// looked tells whether that one looks at the whole file.
func (in *intake) hold(id string, whole bool) (release func(), looked bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if looked, taken := in.held[id]; taken {
		return nil, looked
	}
	if in.held == nil {
		in.held = map[string]bool{}
	}
	in.held[id] = whole
	return func() {
		in.mu.Lock()
		defer in.mu.Unlock()
		delete(in.held, id)
	}, false
}

// whole tells whether the files of an asset are what they should be: one that a
// disk has damaged is mended by uploading it again.
func (in *intake) whole(a scheduler.Asset) bool {
	if a.Kind != scheduler.AssetAudio {
		return true
	}
	return in.files.Verify(media.Hash(a.ID)) == nil && (a.Rendition == nil || in.files.Verify(media.Hash(a.Rendition.Hash)) == nil)
}

// reserve is what uploads leave free on the disk: whoever decides something must
// always be able to.
const reserve = 32 << 20

// room refuses an upload for whose rest the disk has no room.
func (in *intake) room(id string, size int64) error {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(in.dir, &disk); err != nil {
		return fmt.Errorf("look at the disk: %w", err)
	}
	p, err := in.files.Partial(id)
	if err != nil {
		return busy(err)
	}
	defer p.Close()
	free := int64(disk.Bavail)*int64(disk.Bsize) - reserve
	if size-p.Size() <= free {
		return nil
	}
	if p.Size() == 0 {
		_ = p.Discard() // it was only made to be asked
	}
	return &scheduler.Error{Kind: scheduler.Full, Field: "size", Value: fmt.Sprint(size),
		Message: scheduler.Words{ZH: fmt.Sprintf("中心的磁盘只放得下 %d MiB 录音", max(0, free)>>20), EN: fmt.Sprintf("the centre's disk has room for %d MiB of recordings", max(0, free)>>20)},
		Remedy:  scheduler.Words{ZH: "腾出磁盘空间再试；什么都没有改动", EN: "free room on it; nothing was changed"}}
}

// write notes an upload, aside first: another request may be reading the note.
func (in *intake) write(id string, u client.UploadSpec) error {
	text, err := json.Marshal(u)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(in.dir, "note-")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), in.note(id))
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

func (in *intake) note(id string) string { return filepath.Join(in.dir, id+".json") }

func (in *intake) tooLarge(size int64) error {
	return &scheduler.Error{Kind: scheduler.TooLarge, Field: "size", Value: fmt.Sprint(size),
		Message: scheduler.Words{ZH: fmt.Sprintf("超过上限 %d MiB", in.ceiling>>20), EN: fmt.Sprintf("is over the ceiling of %d MiB", in.ceiling>>20)},
		Remedy:  scheduler.Words{ZH: "剪短录音、另存为 MP3，或在中心设置里调大 upload_ceiling", EN: "cut the recording, save it as MP3, or raise upload_ceiling in the centre's settings"}}
}

// spec is what was said of an upload at its beginning.
func (in *intake) spec(id string) (u client.UploadSpec, err error) {
	missing := &scheduler.Error{Kind: scheduler.NotFound, Field: "id", Value: id, Message: scheduler.Words{ZH: "没有这个上传", EN: "no such upload"}, Remedy: scheduler.Words{ZH: "重新开始上传", EN: "begin it anew"}}
	if _, err := media.ParseHash(id); err != nil {
		return u, missing
	}
	text, err := os.ReadFile(in.note(id))
	if errors.Is(err, os.ErrNotExist) {
		return u, missing
	}
	if err == nil {
		err = json.Unmarshal(text, &u)
	}
	return u, err
}

// State says how far an upload has got.
func (in *intake) State(_ context.Context, id string) (client.Upload, error) {
	release, _ := in.hold(id, false)
	if release == nil {
		return client.Upload{}, busy(media.ErrBusy)
	}
	defer release()
	return in.state(id)
}

func (in *intake) state(id string) (client.Upload, error) {
	u, err := in.spec(id)
	if err != nil {
		return client.Upload{}, err
	}
	p, err := in.files.Partial(id)
	if err != nil {
		return client.Upload{}, busy(err)
	}
	defer p.Close()
	return client.Upload{ID: id, Offset: p.Size(), Size: u.Size}, nil
}

// Append takes the next bytes.
func (in *intake) Append(_ context.Context, id string, offset int64, r io.Reader) (client.Upload, error) {
	release, _ := in.hold(id, false)
	if release == nil {
		return client.Upload{}, busy(media.ErrBusy)
	}
	defer release()
	u, err := in.spec(id)
	if err != nil {
		return client.Upload{}, err
	}
	p, err := in.files.Partial(id)
	if err != nil {
		return client.Upload{}, busy(err)
	}
	defer p.Close()
	from := &source{r: r}
	_, err = p.Append(offset, from, min(u.Size, in.ceiling))
	if e, ok := errors.AsType[*scheduler.Error](err); ok {
		return client.Upload{}, e
	}
	switch {
	case errors.Is(err, media.ErrOffset):
		return client.Upload{}, &scheduler.Error{Kind: scheduler.Conflict, Field: "Upload-Offset", Value: fmt.Sprint(offset),
			Message: scheduler.Words{ZH: fmt.Sprintf("这个上传已到 %d 字节", p.Size()), EN: fmt.Sprintf("the upload stands at %d", p.Size())},
			Remedy:  scheduler.Words{ZH: "从那里接着传", EN: "go on from there"}}
	case errors.Is(err, media.ErrTooLarge):
		return client.Upload{}, &scheduler.Error{Kind: scheduler.TooLarge, Field: "body",
			Message: scheduler.Words{ZH: fmt.Sprintf("比事先说的 %d 字节多", u.Size), EN: fmt.Sprintf("more bytes than the %d that were announced", u.Size)},
			Remedy:  scheduler.Words{ZH: "重新开始上传", EN: "begin the upload anew"}}
	case from.err != nil:
		return client.Upload{}, &scheduler.Error{Kind: scheduler.Conflict, Field: "body",
			Message: scheduler.Words{ZH: fmt.Sprintf("中断了；这个上传已到 %d 字节", p.Size()), EN: fmt.Sprintf("broke off; the upload stands at %d", p.Size())},
			Remedy:  scheduler.Words{ZH: "从那里接着传", EN: "go on from there"}, Err: from.err}
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		// A piece of a recording must not take the room that decisions need.
		os.Remove(in.note(id))
		return client.Upload{}, full(errors.Join(err, p.Discard()))
	case err != nil:
		return client.Upload{}, full(err)
	}
	return client.Upload{ID: id, Offset: p.Size(), Size: u.Size}, nil
}

// source remembers that it was the sender who failed, not the disk.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// Finish checks the whole file and makes the asset. A file that is no audio is
// thrown away.
func (in *intake) Finish(ctx context.Context, id string) (scheduler.Asset, error) {
	release, _ := in.hold(id, true)
	if release == nil {
		return scheduler.Asset{}, busy(media.ErrBusy)
	}
	defer release()
	u, err := in.spec(id)
	if err != nil {
		return scheduler.Asset{}, err
	}
	p, err := in.files.Partial(id)
	if err != nil {
		return scheduler.Asset{}, busy(err)
	}
	if p.Size() < u.Size {
		defer p.Close()
		return scheduler.Asset{}, &scheduler.Error{Kind: scheduler.Conflict, Field: "size", Value: fmt.Sprint(u.Size),
			Message: scheduler.Words{ZH: fmt.Sprintf("只到了 %d 字节", p.Size()), EN: fmt.Sprintf("only %d bytes have come", p.Size())},
			Remedy:  scheduler.Words{ZH: "先把余下的传完", EN: "send the rest first"}}
	}
	hash, _, err := p.Finish(media.Hash(id))
	if errors.Is(err, media.ErrMismatch) {
		os.Remove(in.note(id))
		return scheduler.Asset{}, invalid("hash", id,
			scheduler.Words{ZH: "传来的内容和事先说的不一样", EN: "the bytes that came are others than those announced"},
			scheduler.Words{ZH: "重新传这个文件", EN: "send the file again"})
	}
	if err != nil {
		return scheduler.Asset{}, full(err)
	}
	a, err := in.take(ctx, hash, scheduler.Asset{Title: u.Title, Name: u.Name, Size: u.Size})
	if err != nil && scheduler.KindOf(err) != scheduler.Full {
		in.files.Remove(hash)
	}
	os.Remove(in.note(id))
	return a, err
}

// Remove removes an asset that nothing uses, and the files that nothing needs then.
func (in *intake) Remove(ctx context.Context, id string) error {
	unneeded, err := in.store.RemoveAsset(ctx, id)
	if err != nil {
		return err
	}
	for _, hash := range unneeded {
		if err := in.files.Remove(media.Hash(hash)); err != nil {
			return fmt.Errorf("remove file of asset: %w", err)
		}
	}
	return nil
}

func busy(err error) error {
	if errors.Is(err, media.ErrBusy) {
		return &scheduler.Error{Kind: scheduler.Conflict, Field: "id",
			Message: scheduler.Words{ZH: "另一个请求正在写这个上传", EN: "another request is writing this upload"},
			Remedy:  scheduler.Words{ZH: "等它结束", EN: "wait for it to end"}}
	}
	return full(err)
}

// full says that the disk is full where that is why; other errors stay as they are.
func full(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return &scheduler.Error{Kind: scheduler.Full,
			Message: scheduler.Words{ZH: "中心的磁盘满了", EN: "the centre's disk is full"},
			Remedy:  scheduler.Words{ZH: "腾出磁盘空间再试；什么都没有改动", EN: "free room on it; nothing was changed"}, Err: err}
	}
	return err
}
