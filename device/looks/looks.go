// Package looks holds what all pages of ours share: the colours and sizes, the
// mark, words in Chinese and English, the drawing of an LED panel and of a sound
// level, and listening. It serves nothing by itself.
package looks

import (
	"embed"
	"errors"
	"io/fs"
)

//go:embed static
var static embed.FS

// With is a page's own files with the shared ones beside them. An own file hides
// a shared one of its name.
func With(own fs.FS) fs.FS {
	shared, err := fs.Sub(static, "static")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return both{own, shared}
}

type both struct{ own, shared fs.FS }

// Open implements fs.FS.
func (b both) Open(name string) (fs.File, error) {
	f, err := b.own.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return b.shared.Open(name)
	}
	return f, err
}
