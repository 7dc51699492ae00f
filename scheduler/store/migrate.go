package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"time"

	"github.com/villagecast/villagecast/scheduler"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// latest asks migrate for all there are.
const latest = int(^uint(0) >> 1)

type migration struct {
	version   int
	name, sum string
	text      string
}

// migrations are in the order of their numbers, which count from 1 without gaps.
func migrations() ([]migration, error) {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql") // sorted
	if err != nil {
		return nil, err
	}
	out := make([]migration, len(names))
	for i, name := range names {
		var n int
		if _, err := fmt.Sscanf(name, "migrations/%04d_", &n); err != nil || n != i+1 {
			return nil, fmt.Errorf("migration %s: its number should be %04d", name, i+1)
		}
		text, err := migrationFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(text)
		out[i] = migration{n, name[len("migrations/"):], hex.EncodeToString(sum[:]), string(text)}
	}
	return out, nil
}

// migrate brings the database up to a version, each step in a transaction of
// its own. Steps done before must be the ones that this program knows.
func migrate(ctx context.Context, db *sql.DB, upTo int) error {
	all, err := migrations()
	if err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS migration (
		version INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, sum TEXT NOT NULL, at BIGINT NOT NULL)`); err != nil {
		return err
	}
	done, err := appliedMigrations(ctx, db)
	if err != nil {
		return err
	}
	if len(done) > len(all) {
		return &scheduler.Error{Kind: scheduler.Conflict,
			Message: scheduler.Words{ZH: fmt.Sprintf("数据库是更新的程序建的（它是第 %d 版，这个程序只认到 %d）", len(done), len(all)), EN: fmt.Sprintf("the database was made by a newer program (its version is %d, this program knows %d)", len(done), len(all))},
			Remedy:  scheduler.Words{ZH: "重新用新程序，或恢复升级前的备份", EN: "start the newer program again, or restore a backup from before it"}}
	}
	for i, m := range all {
		if i < len(done) {
			if done[i].sum != m.sum {
				return &scheduler.Error{Kind: scheduler.Conflict,
					Message: scheduler.Words{ZH: fmt.Sprintf("数据库是别的程序建的：步骤 %s 不是这个程序的", done[i].name), EN: fmt.Sprintf("the database was made by another program: its step %s is not ours", done[i].name)},
					Remedy:  scheduler.Words{ZH: "用建它的程序", EN: "start the program that made it"}}
			}
			continue
		}
		if m.version > upTo {
			return nil
		}
		if err := m.apply(ctx, db); err != nil {
			return fmt.Errorf("migrate database to %s: %w", m.name, err)
		}
	}
	return nil
}

func appliedMigrations(ctx context.Context, db *sql.DB) ([]migration, error) {
	rows, err := db.QueryContext(ctx, "SELECT version, name, sum FROM migration ORDER BY version")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var done []migration
	for rows.Next() {
		var m migration
		if err := rows.Scan(&m.version, &m.name, &m.sum); err != nil {
			return nil, err
		}
		done = append(done, m)
	}
	return done, rows.Err()
}

func (m migration) apply(ctx context.Context, db *sql.DB) error {
	t, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = t.Rollback() }() // nothing left to roll back after a commit
	if _, err := t.ExecContext(ctx, m.text); err != nil {
		return err
	}
	if _, err := t.ExecContext(ctx, "INSERT INTO migration (version, name, sum, at) VALUES (?, ?, ?, ?)", m.version, m.name, m.sum, time.Now().UnixMilli()); err != nil {
		return err
	}
	return t.Commit()
}
