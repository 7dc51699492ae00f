package app

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
	"github.com/villagecast/villagecast/scheduler/store"
)

// SigningKeys lists the keys with which this centre signed.
func (a *App) SigningKeys(ctx context.Context) ([]client.SigningKey, error) {
	all, err := a.store.SigningKeys(ctx)
	out := make([]client.SigningKey, 0, len(all))
	for _, k := range all {
		out = append(out, keyOut(k))
	}
	return out, err
}

func keyOut(k store.SigningKey) client.SigningKey {
	out := client.SigningKey{ID: k.ID, Created: k.Created}
	if !k.Removed.IsZero() {
		out.Removed = &k.Removed
	}
	return out
}

// RotateKeys makes a new signing key, with the signing root in a file ("" for the
// one in the data directory). Everything that is published is signed anew, and the
// units follow: they need the root alone.
func (a *App) RotateKeys(ctx context.Context, root string) (client.SigningKey, error) {
	err := a.keys.Rotate(root, time.Now())
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		return client.SigningKey{}, &scheduler.Error{Kind: scheduler.NotFound, Field: "root", Value: root,
			Message: scheduler.Words{ZH: err.Error(), EN: err.Error()},
			Remedy:  scheduler.Words{ZH: "把签名根密钥放回原处，或用 --root 指明它的文件", EN: "put the signing root back, or name its file with --root"}}
	case err != nil:
		return client.SigningKey{}, &scheduler.Error{Kind: scheduler.Invalid, Field: "root", Value: root,
			Message: scheduler.Words{ZH: err.Error(), EN: err.Error()},
			Remedy:  scheduler.Words{ZH: "给出本县签名根密钥的文件", EN: "give the file of this county's signing root"}}
	}
	if err := a.keepKey(ctx); err != nil {
		return client.SigningKey{}, err
	}
	id, public := a.keys.Newest()
	a.log.Warn("the signing key was changed", "key", id)
	return keyOut(store.SigningKey{ID: id, Public: public, Created: time.Now()}), nil
}
