package agent

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"time"

	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/timetable"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/media"
)

// bundleTime bounds the upload.
const bundleTime = 2 * time.Minute

// facts are what the bundle tells beside the state of the local page. Neither
// secrets nor keys are among them.
type facts struct {
	Versions struct {
		Software, Go, System string
		Wire                 int
		Features             []string
	}
	Centre struct{ MQTT, HTTP string }
	Clock  struct {
		Air    time.Time
		Floor  time.Time
		Worth  wire.AirTime
		Reason string
	}
	Spool struct {
		ID         string
		Pending    int
		Conditions map[string]string
		Assets     []media.Hash
		Prepared   map[media.Hash]int64
		Missing    []string
		// Parts are the sizes of what stands on the card, Room what is left of it.
		Parts []spool.Part
		Room  int64
	}
	Refused []wire.Refusal
	TooOld  []string
}

func (a *agent) facts() facts {
	var f facts
	where := a.centre.Load().settings
	f.Versions.Software, f.Versions.Go, f.Versions.System = a.o.Software, runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH
	f.Versions.Wire, f.Versions.Features = wire.Version, features()
	f.Centre.MQTT, f.Centre.HTTP = address(where.MQTT), address(where.HTTP)
	f.Clock.Air, f.Clock.Floor, f.Clock.Worth, f.Clock.Reason = a.air.Now(), a.air.Floor(), a.air.State(), a.air.Why()
	have := a.keeper.have(0)
	f.Spool.ID, f.Spool.Pending = a.spool.ID(), a.reporter.pending()
	f.Spool.Conditions, f.Spool.Assets, f.Spool.Missing = a.spool.Conditions(), a.spool.Assets(), have.Missing
	f.Spool.Prepared = a.spool.Prepared()
	f.Spool.Parts, f.Spool.Room = a.spool.Parts()
	f.Refused, f.TooOld = have.Refused, have.TooOld
	return f
}

// address is a URL without what may be secret in it.
func address(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// features are what this agent can do: programmes that need them, and commands.
func features() []string {
	return append(timetable.Features(), wire.FeatureCommand, wire.FeatureExceptions)
}

// bundle packs what a person wants to know of a unit that is far away.
func (a *agent) bundle() ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	t := tar.NewWriter(z)
	for _, part := range []struct {
		name string
		what any
	}{{"state.json", a.state()}, {"facts.json", a.facts()}, {"link.json", a.link.history()}, {"log.txt", a.ring.text()}} {
		data, ok := part.what.([]byte)
		if !ok {
			var err error
			if data, err = json.MarshalIndent(part.what, "", "  "); err != nil {
				return nil, fmt.Errorf("pack %s: %w", part.name, err)
			}
		}
		data = withoutSecrets(data, a.o.Settings.Secret, a.centre.Load().settings.Secret)
		head := &tar.Header{Name: a.o.Settings.Unit + "/" + part.name, Mode: 0o600, Size: int64(len(data)), ModTime: a.air.Now()}
		if err := t.WriteHeader(head); err != nil {
			return nil, fmt.Errorf("pack %s: %w", part.name, err)
		}
		if _, err := t.Write(data); err != nil {
			return nil, fmt.Errorf("pack %s: %w", part.name, err)
		}
	}
	if err := t.Close(); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// sendBundle hands the bundle to the centre over HTTP, as the unit.
func (a *agent) sendBundle(ctx context.Context, command string) (int, error) {
	data, err := a.bundle()
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, bundleTime)
	defer cancel()
	centre := a.centre.Load()
	unit := a.o.Settings.Unit
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, strings.TrimRight(centre.settings.HTTP, "/")+"/bundle/"+unit+"/"+command, bytes.NewReader(data))
	if err != nil {
		return 0, err
	}
	if s := centre.settings.Secret; s != "" {
		req.SetBasicAuth(unit, s) // where it has no certificate
	}
	req.Header.Set("Content-Type", "application/gzip")
	resp, err := centre.http.Do(req)
	if err != nil {
		return 0, fmt.Errorf("send bundle: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusNoContent {
		why, _ := io.ReadAll(io.LimitReader(resp.Body, 200))
		return 0, fmt.Errorf("send bundle: the centre answers %s: %s", resp.Status, why)
	}
	return len(data), nil
}
