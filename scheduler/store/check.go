package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/villagecast/villagecast/scheduler"
)

// maxFaults is how many faults of a database are named.
const maxFaults = 20

// Check looks whether the database is whole: every page and every index entry
// that it holds, and with full every index against its table as well. It gives
// what is wrong, nothing if all is well.
func (s *Store) Check(ctx context.Context, full bool) (faults []string, err error) {
	pragma := "PRAGMA quick_check(%d)"
	if full {
		pragma = "PRAGMA integrity_check(%d)"
	}
	err = s.read(ctx, func(t *tx) error {
		for _, query := range []string{fmt.Sprintf(pragma, maxFaults), "SELECT 'a row of ' || \"table\" || ' refers to one of ' || \"parent\" || ' that is not there' FROM pragma_foreign_key_check"} {
			err := t.each(func(scan func(...any) error) error {
				var line string
				err := scan(&line)
				if line != "ok" && len(faults) < maxFaults {
					faults = append(faults, line)
				}
				return err
			}, query)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if scheduler.KindOf(err) == scheduler.Unavailable || errors.Is(err, context.Canceled) {
		return faults, err
	}
	if err = explain(err); scheduler.KindOf(err) == scheduler.Unavailable { // so damaged that it cannot be looked at
		faults, err = append(faults, err.Error()), nil
	}
	return faults, err
}

// Damaged is the error that says that the database is not whole.
func Damaged(faults []string) error {
	return &scheduler.Error{Kind: scheduler.Unavailable,
		Message: scheduler.Words{ZH: "中心的数据库损坏了：" + strings.Join(faults[:min(3, len(faults))], "；"), EN: "the database of the centre is damaged: " + strings.Join(faults[:min(3, len(faults))], "; ")},
		Remedy:  scheduler.Words{ZH: "停掉中心，留一份数据目录的副本，用最近的备份恢复 villagecast.db；这期间终端照常播出，之后的播出记录会重新上报", EN: "stop the centre, keep a copy of the data directory, and restore villagecast.db from the last backup; units keep their programme meanwhile and send again what they proved since"}}
}

// MediaFile is a file that an asset needs.
type MediaFile struct {
	Hash, Asset, Title string
}

// MediaFiles are the files that the assets need, by hash.
func (s *Store) MediaFiles(ctx context.Context) (list []MediaFile, err error) {
	err = s.read(ctx, func(t *tx) error {
		return t.each(func(scan func(...any) error) error {
			a, err := scanAsset(scan)
			if err != nil || a.Kind != scheduler.AssetAudio {
				return err
			}
			list = append(list, MediaFile{a.ID, a.ID, a.Title})
			if a.Rendition != nil && a.Rendition.Hash != a.ID {
				list = append(list, MediaFile{a.Rendition.Hash, a.ID, a.Title})
			}
			return nil
		}, "SELECT "+assetColumns+" FROM asset ORDER BY id")
	})
	slices.SortStableFunc(list, func(a, b MediaFile) int { return strings.Compare(a.Hash, b.Hash) })
	return slices.CompactFunc(list, func(a, b MediaFile) bool { return a.Hash == b.Hash }), err
}
