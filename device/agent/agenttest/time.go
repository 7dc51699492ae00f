package agenttest

import (
	"crypto/ed25519"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// Timing is how a Centre tells the time. The zero value tells the truth.
type Timing struct {
	// Off is by how much the centre's clock is ahead.
	Off time.Duration
	// None is a centre that is too old to tell the time.
	None bool
	// Replay gives an answer to another question: the first one ever given.
	Replay bool
	// Key signs the answers, if it is not the centre's own.
	Key ed25519.PrivateKey
	// Delay is how long the answer takes, on its way back.
	Delay time.Duration
}

// Timing changes how the centre tells the time.
func (c *Centre) Timing(t Timing) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.timing = t
}

// Asked is how often the time was asked for.
func (c *Centre) Asked() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.asked
}

// Features publishes the centre's own state, with what it knows.
func (c *Centre) Features(names ...string) {
	c.t.Helper()
	b, err := wire.Encode(wire.Centre{Online: true, Since: time.Now().UnixMilli(), Features: names})
	if err != nil {
		c.t.Fatal(err)
	}
	c.Send(wire.CentreTopic, b)
}

// serveTime answers POST /time, unless the network is away.
func (c *Centre) serveTime(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	t, away := c.timing, c.refuse
	c.asked++
	c.mu.Unlock()
	if away {
		panic(http.ErrAbortHandler)
	}
	if t.None {
		http.NotFound(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	q, err := wire.Decode[wire.TimeRequest](body)
	if err != nil {
		c.t.Errorf("question for the time: %v", err)
		return
	}
	at := uint64(time.Now().Add(t.Off).UnixMilli())
	address := wire.UnitAddress(q.Unit)
	ring, err1 := wire.ParseEnvelope(c.ring())
	key := c.key
	if t.Key != nil {
		key = t.Key
	}
	e, err2 := wire.ParseEnvelope(c.Seal(key, wire.KindTime, address, at, wire.Time{Address: address, Nonce: q.Nonce, At: at}))
	if err1 != nil || err2 != nil {
		c.t.Error(err1, err2)
		return
	}
	answer, err := json.Marshal(wire.TimeAnswer{Ring: ring, Time: e})
	if err != nil {
		c.t.Error(err)
		return
	}
	c.mu.Lock()
	if c.told == nil {
		c.told = answer
	}
	if t.Replay {
		answer = c.told
	}
	c.mu.Unlock()
	time.Sleep(t.Delay)
	_, _ = w.Write(answer)
}

func (c *Centre) ring() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sealedRing
}

// Revision sets what the next revisions follow, as a centre does that takes
// unix milliseconds.
func (c *Centre) Revision(last uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.revision = max(c.revision, last)
}
