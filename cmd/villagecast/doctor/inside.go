package doctor

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/villagecast/villagecast/scheduler/app"
)

// What is enough, and what is hardly.
const (
	skewWarn, skewFail     = 2 * time.Second, time.Minute
	diskWarn, diskFail     = 2 << 30, 256 << 20
	backupWarn, backupFail = 2 * 24 * time.Hour, 14 * 24 * time.Hour
)

// centre asks how it is set up; false if it does not answer.
func (p *patient) centre() bool {
	ctx, cancel := p.short()
	defer cancel()
	before := p.Now()
	setup, err := p.Client.Setup(ctx)
	if err != nil {
		p.say(Fail, "centre.silent", p.Client.Base, err)
		return false
	}
	p.setup = setup
	// In the middle of the question it was about this late here.
	p.setup.At = setup.At.Add(-p.Now().Sub(before) / 2)
	p.say(OK, "centre.answers", p.Client.Base)
	if setup.CertificateFault != "" {
		p.say(Warn, "centre.certificate", setup.CertificateFault)
	}
	return true
}

func (p *patient) clock() {
	skew := p.setup.At.Sub(p.Now())
	switch {
	case skew.Abs() > skewFail:
		p.say(Fail, "clock.wrong", skew.Round(time.Second))
	case !p.setup.ClockKept:
		p.say(Warn, "clock.unkept")
	case skew.Abs() > skewWarn:
		p.say(Warn, "clock.apart", skew.Round(time.Millisecond))
	default:
		p.say(OK, "clock.right", skew.Round(time.Millisecond))
	}
}

func (p *patient) disk() {
	free := p.setup.DiskFree
	switch {
	case free < diskFail:
		p.say(Fail, "disk.full", free>>20)
	case free < diskWarn:
		p.say(Warn, "disk.low", free>>20)
	default:
		p.say(OK, "disk.free", free>>30)
	}
}

// broker: that the centre hears its units, and that its door for them opens.
func (p *patient) broker() {
	if p.setup.NotWatched != "" {
		p.say(Fail, "broker.deaf", p.setup.NotWatched)
		return
	}
	address := p.setup.MQTT
	if _, rest, ok := strings.Cut(address, "://"); ok {
		address = rest
	}
	ctx, cancel := p.short()
	defer cancel()
	conn, err := p.Dial(ctx, "tcp", address)
	if err != nil {
		p.say(Fail, "broker.closed", p.setup.MQTT, err)
		return
	}
	_ = conn.Close()
	p.say(OK, "broker.open", p.setup.MQTT)
}

func (p *patient) database() {
	faults, err := app.CheckDatabase(p.ctx, p.Data)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		p.say(Skip, "database.elsewhere", p.Data)
	case err != nil:
		p.say(Fail, "database.unread", err)
	case len(faults) > 0:
		p.say(Fail, "database.damaged", faults[0])
	default:
		p.say(OK, "database.whole")
	}
}

func (p *patient) backup() {
	if p.Backup == "" {
		p.say(Warn, "backup.unknown")
		return
	}
	newest := time.Time{}
	err := filepath.WalkDir(p.Backup, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(d.Name(), "villagecast") && path != p.Backup {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Size() > 0 && info.ModTime().After(newest) {
			newest = info.ModTime()
		}
		return err
	})
	age := p.Now().Sub(newest)
	switch {
	case err != nil && !errors.Is(err, os.ErrNotExist):
		p.say(Fail, "backup.unread", err)
	case newest.IsZero():
		p.say(Fail, "backup.none", p.Backup)
	case age > backupFail:
		p.say(Fail, "backup.old", newest.Format(time.DateOnly))
	case age > backupWarn:
		p.say(Warn, "backup.old", newest.Format(time.DateOnly))
	default:
		p.say(OK, "backup.fresh", newest.Format(time.DateTime))
	}
}
