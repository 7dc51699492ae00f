package agent_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/media"
)

// spoil gives what a damaged file may hold; other is another file's content.
func spoil(rnd *rand.Rand, whole, other []byte) []byte {
	b := bytes.Clone(whole)
	at := rnd.IntN(len(b))
	switch rnd.IntN(6) {
	case 0:
		b[at] ^= 1 << rnd.IntN(8)
	case 1:
		b = b[:at]
	case 2:
		b[at] ^= 1 // or the page was zero before
		clear(b[at&^511 : at])
	case 3:
		b = append(b, whole[:1+at]...)
	case 4:
		b = bytes.Repeat([]byte("<html>login</html>"), len(b)/18+1)
	case 5:
		b = bytes.Clone(other)
	}
	return b
}

// TestThousandDamagedFiles: every media file of a unit is damaged, truncated or
// changed for another, a third of them where they lie, a third half-way through
// their download, and a third at their source. None sounds, the unit says so, and
// each is fetched again.
func TestThousandDamagedFiles(t *testing.T) {
	const files = 200
	for _, seed := range agenttest.Seeds(t, 5, 100) {
		county(t, func(t *testing.T, c *agenttest.Centre) {
			rnd := rand.New(rand.NewPCG(seed, 11))
			var content [files][]byte
			var hashes [files]string
			var list []wire.Programme
			for i := range files {
				content[i] = bytes.Repeat(fmt.Appendf(nil, "%d %d\n", seed, i), 20+rnd.IntN(300))
				hashes[i] = c.AddMedia(content[i])
				if i%50 == 0 {
					rule := wire.Rule{Kind: wire.RuleAt, Times: []wire.Clock{"06:50", "07:05"}, Rounds: 1}
					list = append(list, agenttest.Programme(fmt.Sprint("p", i/50), "county", rule))
				}
				p := &list[i/50]
				p.Items = append(p.Items, wire.Item{Title: fmt.Sprint(i), Sound: &wire.Sound{Hash: hashes[i], Size: int64(len(content[i])), Type: "wav", Frames: 2 * wire.Rate}})
			}
			c.County(horn, list...)
			u := c.Unit(horn, spool.Memory(), nil)
			time.Sleep(2 * time.Minute)
			stop(t, u)
			if have := agenttest.Last[wire.Have](c, horn, wire.ChannelHave); have.Ready != files {
				t.Fatalf("seed %d: %d of %d files came", seed, have.Ready, files)
			}

			lie, served := map[string]bool{}, len(c.Media.Requests())
			for i := range files {
				bad := spoil(rnd, content[i], content[(i+1+rnd.IntN(files-1))%files])
				name := "media/" + hashes[i]
				switch i % 3 {
				case 0:
					u.Disk.Write(name, bad)
					c.Media.Remove(hashes[i])
				case 1:
					_ = u.Disk.Remove(name)
					u.Disk.Write(name+".part", bad)
					c.Media.Remove(hashes[i])
				case 2:
					_ = u.Disk.Remove(name)
					c.Media.Replace(hashes[i], bad)
				}
				lie[hashes[i]] = true
			}
			before := len(c.AsRuns())
			agenttest.SleepUntil(at(6, 48, 0))
			u = c.Unit(horn, u.Disk, nil)
			agenttest.SleepUntil(at(6, 53, 0))
			if n := len(c.AsRuns()) - before; n != 0 {
				t.Errorf("seed %d: %d entries of sound are proved: %+v", seed, n, c.AsRuns()[before])
			}
			have := agenttest.Last[wire.Have](c, horn, wire.ChannelHave)
			if have.Ready != 0 || have.Assets != files || len(have.Missing) == 0 {
				t.Errorf("seed %d: it says that %d of %d files are ready", seed, have.Ready, have.Assets)
			}
			if issue(c, spool.CodeAsset) == "" || issue(c, agent.CodeFetch) == "" || len(c.Events(spool.CodeAsset)) == 0 {
				t.Errorf("seed %d: conditions %+v, events %q", seed, agenttest.Last[wire.Heartbeat](c, horn, wire.ChannelHeartbeat).Issues, c.Events(spool.CodeAsset))
			}
			if u.Disk.Has("media/" + hashes[0]) {
				t.Errorf("seed %d: a damaged file lies there still", seed)
			}

			for i := range files {
				c.Media.Replace(hashes[i], content[i])
			}
			agenttest.SleepUntil(at(7, 4, 0))
			if have := agenttest.Last[wire.Have](c, horn, wire.ChannelHave); have.Ready != files {
				t.Errorf("seed %d: %d of %d files are there again", seed, have.Ready, files)
			}
			if text := issue(c, spool.CodeAsset) + issue(c, agent.CodeFetch); text != "" {
				t.Errorf("seed %d: the condition stays: %s", seed, text)
			}
			for _, path := range c.Media.Requests()[served:] {
				delete(lie, path[len("/media/"):][:64])
			}
			if len(lie) > 0 {
				t.Errorf("seed %d: %d files were never asked for again", seed, len(lie))
			}
			agenttest.SleepUntil(at(7, 10, 0))
			stop(t, u)
			if len(c.AsRuns()) == before {
				t.Errorf("seed %d: nothing plays after all", seed)
			}
			sp := spool.Open(u.Disk)
			for i := range files {
				if err := sp.Verify(media.Hash(hashes[i])); err != nil {
					t.Errorf("seed %d: %v", seed, err)
				}
			}
		})
	}
}
