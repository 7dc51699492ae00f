package app_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/client"
)

// obeyed gives a command and waits until nothing more comes.
func obeyed(t *testing.T, op *client.Client, unit, do string) client.Command {
	t.Helper()
	m, err := op.Command(t.Context(), unit, do)
	for i := 0; err == nil && !m.Over() && i < 5; i++ {
		m, err = op.Commanded(t.Context(), unit, m.ID, m.State)
	}
	if err != nil {
		t.Fatalf("%s %s: %v", unit, do, err)
	}
	return m
}

// TestCommands lets a unit sound a tone, send its bundle and start anew; an agent
// that is too old is refused by name, one that is away is not said to have done it.
func TestCommands(t *testing.T) {
	inCounty(t, func(t *testing.T, c *county) {
		op := c.operator()
		if _, err := op.PutCounty(t.Context(), client.County{Name: "county", Zone: "Asia/Shanghai"}); err != nil {
			t.Fatal(err)
		}
		s := c.place(client.UnitSpec{ID: "horn", Area: "liushu", Outputs: []wire.Output{wire.OutputSound}, Volume: new(40)})
		c.add("old")
		c.device("old")
		time.Sleep(time.Minute)
		if m := obeyed(t, op, "horn", "tone"); m.State != "done" || !strings.Contains(m.Why, "volume 40") {
			t.Errorf("tone: %+v", m)
		}
		_, err := op.Command(t.Context(), "old", "tone")
		if e, ok := errors.AsType[*client.Error](err); !ok || e.Status != http.StatusConflict || !strings.Contains(err.Error(), "agent of old is too old") {
			t.Errorf("an old agent: %v", err)
		}
		if _, err = op.Command(t.Context(), "horn", "explode"); err == nil {
			t.Error("a command that there is not is taken")
		}
		if _, err = op.Command(t.Context(), "nobody", "tone"); err == nil {
			t.Error("a unit that there is not is commanded")
		}

		m := obeyed(t, op, "horn", "bundle")
		if m.State != "done" {
			t.Fatalf("bundle: %+v", m)
		}
		data, err := op.Bundle(t.Context(), "horn", m.ID)
		if err != nil {
			t.Fatal(err)
		}
		files := unpacked(t, data)
		for name, word := range map[string]string{"horn/state.json": `"unit": "horn"`, "horn/facts.json": `"state": "trusted"`, "horn/link.json": `"up": true`, "horn/log.txt": "link to the centre"} {
			if !strings.Contains(files[name], word) {
				t.Errorf("%s does not say %q:\n%.300s", name, word, files[name])
			}
		}
		var facts struct {
			Spool struct{ Parts []spool.Part }
		}
		if err := json.Unmarshal([]byte(files["horn/facts.json"]), &facts); err != nil {
			t.Fatal(err)
		}
		size := map[string]int64{}
		for _, p := range facts.Spool.Parts {
			size[p.Name] = p.Bytes
		}
		if size["outbox"] == 0 || size["alive"] == 0 || size["held"] == 0 || len(size) != 8 {
			t.Errorf("the parts of the card are %+v", facts.Spool.Parts)
		}
		for name, text := range files {
			if strings.Contains(text, s.settings.Secret) || strings.Contains(text, "PRIVATE") {
				t.Errorf("%s holds a secret", name)
			}
		}
		for range 5 {
			obeyed(t, op, "horn", "bundle")
		}
		if _, err := op.Bundle(t.Context(), "horn", m.ID); err == nil {
			t.Error("the seventh bundle of a unit has not taken the place of the first")
		}
		for _, secret := range []string{s.settings.Secret, "wrong"} { // one that nobody asked for, and a stranger's
			r, err := http.NewRequest(http.MethodPut, c.app.URL()+"/bundle/horn/unasked", strings.NewReader("x"))
			if err != nil {
				t.Fatal(err)
			}
			r.SetBasicAuth("horn", secret)
			resp, err := c.web().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if want := map[bool]int{true: http.StatusNotFound, false: http.StatusUnauthorized}[secret == s.settings.Secret]; resp.StatusCode != want {
				t.Errorf("an upload is answered %s, want %d", resp.Status, want)
			}
		}

		if m = obeyed(t, op, "horn", "restart"); m.State != "done" {
			t.Errorf("restart: %+v", m)
		}
		if err := <-s.ended; !errors.Is(err, agent.ErrRestart) {
			t.Errorf("the agent ends with %v", err)
		}
		s.ended = nil
		start := time.Now()
		if m = obeyed(t, op, "horn", "tone"); m.State != "sent" || time.Since(start) < time.Minute {
			t.Errorf("a unit that is away: %+v after %v", m, time.Since(start))
		}
		c.switchOn(s) // 100 s later: the command is neither retained nor kept
		time.Sleep(2 * time.Minute)
		if m, err = op.Commanded(t.Context(), "horn", m.ID, ""); err != nil || m.State != "sent" {
			t.Errorf("a command of before: %+v, %v", m, err)
		}
	})
}

func unpacked(t *testing.T, data []byte) map[string]string {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[h.Name] = string(text)
	}
}
