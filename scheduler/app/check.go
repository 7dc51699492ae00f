package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/villagecast/villagecast/media"
	"github.com/villagecast/villagecast/scheduler/store"
)

const databaseFile = "villagecast.db"

// CheckReport says whether a centre's data are whole.
type CheckReport struct {
	// Database is what is wrong with the database, empty if nothing.
	Database []string `json:"database"`
	// Files is the number of media files that assets need.
	Files int `json:"files"`
	// Damaged are those that are missing or not what their hash names.
	Damaged []DamagedFile `json:"damaged"`
}

// DamagedFile is a media file that is not what it should be.
type DamagedFile struct {
	Hash  string `json:"hash"`
	Asset string `json:"asset"`
	Title string `json:"title"`
	// Why is "missing" or "damaged", or the disk's own words.
	Why string `json:"why"`
}

// OK tells whether all is well.
func (r CheckReport) OK() bool { return len(r.Database)+len(r.Damaged) == 0 }

// Check looks through a centre's data directory: the database, and every media
// file against its hash. It changes nothing, and the centre may run meanwhile.
// progress, if not nil, is told how many files were read.
func Check(ctx context.Context, dir string, progress func(done, all int)) (CheckReport, error) {
	r := CheckReport{Database: []string{}, Damaged: []DamagedFile{}}
	s, err := openToCheck(ctx, dir)
	if e, ok := errors.AsType[*unopened](err); ok {
		r.Database = []string{e.Error()}
		return r, nil
	}
	if err != nil {
		return r, err
	}
	defer s.Close()
	faults, err := s.Check(ctx, true)
	if err != nil {
		return r, fmt.Errorf("check database: %w", err)
	}
	r.Database = append(r.Database, faults...)
	list, err := s.MediaFiles(ctx)
	if err != nil {
		r.Database = append(r.Database, err.Error())
		return r, nil
	}
	r.Files = len(list)
	for i, f := range list {
		if err := ctx.Err(); err != nil {
			return r, err
		}
		if why := media.Check(filepath.Join(dir, "media"), media.Hash(f.Hash)); why != nil {
			d := DamagedFile{Hash: f.Hash, Asset: f.Asset, Title: f.Title, Why: why.Error()}
			switch {
			case errors.Is(why, fs.ErrNotExist):
				d.Why = "missing"
			case errors.Is(why, media.ErrMismatch):
				d.Why = "damaged"
			}
			r.Damaged = append(r.Damaged, d)
		}
		if progress != nil {
			progress(i+1, len(list))
		}
	}
	return r, nil
}

// unopened is a database that cannot even be opened.
type unopened struct{ error }

func openToCheck(ctx context.Context, dir string) (*store.Store, error) {
	path := filepath.Join(dir, databaseFile)
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("check %s: there is no database of a centre; give its data directory with --data: %w", dir, err)
	}
	s, err := store.Open(ctx, store.Options{Path: path, ReadOnly: true, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, &unopened{err}
	}
	return s, nil
}

// CheckDatabase looks through the database alone, and says what is wrong with it.
func CheckDatabase(ctx context.Context, dir string) (faults []string, err error) {
	s, err := openToCheck(ctx, dir)
	if e, ok := errors.AsType[*unopened](err); ok {
		return []string{e.Error()}, nil
	}
	if err != nil {
		return nil, err
	}
	defer s.Close()
	return s.Check(ctx, false)
}

// checkAfterCut looks at the database where the centre was not stopped in order
// the last time: a power cut is when disks lie.
func (a *App) checkAfterCut(ctx context.Context, unclean bool) error {
	if !unclean {
		return nil
	}
	faults, err := a.store.Check(ctx, false)
	if err == nil && len(faults) > 0 {
		err = store.Damaged(faults)
	}
	if err == nil {
		a.log.Info("the centre was not stopped in order the last time; its database is whole")
	}
	return err
}
