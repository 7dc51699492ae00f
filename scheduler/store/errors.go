package store

import (
	"errors"
	"syscall"

	"github.com/ncruces/go-sqlite3"

	"github.com/villagecast/villagecast/scheduler"
)

// explain turns what people can mend about the disk into an error for people;
// the transaction was rolled back, so nothing has changed.
func explain(err error) error {
	if err == nil || scheduler.KindOf(err) != "" {
		return err
	}
	full := errors.Is(err, sqlite3.FULL) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
	switch {
	case full:
		return &scheduler.Error{Kind: scheduler.Full,
			Message: scheduler.Words{ZH: "中心的磁盘满了；什么都没有改动", EN: "the disk of the centre is full; nothing was changed"},
			Remedy:  scheduler.Words{ZH: "在数据目录所在的磁盘上腾出空间，再试", EN: "make room on the disk that holds the data directory, then try again"}, Err: err}
	case errors.Is(err, sqlite3.IOERR):
		return &scheduler.Error{Kind: scheduler.Full,
			Message: scheduler.Words{ZH: "中心的磁盘满了或有故障；什么都没有改动", EN: "the disk of the centre is full or failing; nothing was changed"},
			Remedy:  scheduler.Words{ZH: "查看数据目录所在磁盘的空间和健康状况，再试", EN: "look at the room and the health of the disk that holds the data directory, then try again"}, Err: err}
	case errors.Is(err, sqlite3.READONLY), errors.Is(err, sqlite3.CANTOPEN), errors.Is(err, sqlite3.PERM):
		return &scheduler.Error{Kind: scheduler.Unavailable,
			Message: scheduler.Words{ZH: "中心的数据库打不开或写不了", EN: "the database of the centre cannot be opened or written"},
			Remedy:  scheduler.Words{ZH: "看数据目录在不在，是不是属于运行中心的用户", EN: "check that the data directory exists and belongs to the user that runs the centre"}, Err: err}
	case errors.Is(err, sqlite3.BUSY):
		return &scheduler.Error{Kind: scheduler.Unavailable, Message: scheduler.Words{ZH: "数据库被别的程序占用", EN: "the database is held by another program"},
			Remedy: scheduler.Words{ZH: "关掉占用它的程序，再试", EN: "end the other program that has it open, then try again"}, Err: err}
	case errors.Is(err, sqlite3.CORRUPT), errors.Is(err, sqlite3.NOTADB):
		return &scheduler.Error{Kind: scheduler.Unavailable,
			Message: scheduler.Words{ZH: "数据库文件损坏，或不是数据库", EN: "the database file is damaged or is no database"},
			Remedy:  scheduler.Words{ZH: "用最近的备份恢复", EN: "restore it from the last backup"}, Err: err}
	}
	return err
}
