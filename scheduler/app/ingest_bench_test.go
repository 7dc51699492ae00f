package app_test

import (
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/ncruces/go-sqlite3/driver"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/store"
)

const (
	ingestUnits  = 100
	ingestEach   = 200 // reports of a unit in a round, of one entry each
	ingestRounds = 3
	ingestBatch  = 500  // rows in a bare transaction
	ingestFlight = 2000 // messages under way at most, with nothing that holds back
)

// BenchmarkIngest is reports from the units' clients through broker, centre and
// store and back to the units as "stored". Beside it, in turns, what cannot be
// beaten: the same bytes delivered to one subscriber by the bare broker, and the
// same rows inserted in batches by the database driver alone.
func BenchmarkIngest(b *testing.B) {
	centre, settings := benchCentre(b, ingestUnits)
	var units []*reporting
	for _, s := range settings {
		units = append(units, newReporting(b, s))
	}
	crowd := newCrowd(b, ingestUnits)
	defer crowd.close()
	bare := bareTable(b)
	seq := uint64(0)
	for range b.N {
		var ours, deliveries, inserts []float64
		for range ingestRounds {
			ours = append(ours, ingest(b, units, seq))
			deliveries = append(deliveries, crowd.deliver(encodeReports(b, "u1", seq)))
			inserts = append(inserts, bareInserts(b, bare, seq))
			seq += ingestEach
		}
		if got := centre.Fleet().Counters(); got.Bad > 0 || got.Entries < int64(seq)*ingestUnits {
			b.Fatalf("of %d entries the centre has kept %d and refused %d messages", seq*ingestUnits, got.Entries, got.Bad)
		}
		limit := min(median(deliveries), median(inserts))
		b.ReportMetric(median(ours), "reports/s")
		b.ReportMetric(median(deliveries), "bare-deliveries/s")
		b.ReportMetric(median(inserts), "bare-rows/s")
		b.ReportMetric(median(ours)/limit, "of-limit")
	}
	for _, u := range units {
		u.client.Disconnect(0)
	}
}

// reporting is a unit that has nothing to do but to report.
type reporting struct {
	id     string
	client paho.Client
	stored atomic.Uint64
	poke   chan struct{}
}

func newReporting(b *testing.B, s agent.Settings) *reporting {
	at, err := url.Parse(s.MQTT)
	if err != nil {
		b.Fatal(err)
	}
	u := &reporting{id: s.Unit, poke: make(chan struct{}, 1)}
	u.client = bareClient(b, at.Host, paho.NewClientOptions().SetClientID(s.Unit).SetUsername(s.Unit).SetPassword(s.Secret))
	wait(b, u.client.Subscribe(wire.StoredTopic(s.Unit), 1, func(_ paho.Client, m paho.Message) {
		if word, err := wire.Decode[wire.Stored](m.Payload()); err == nil {
			u.stored.Store(word.Seq)
			select {
			case u.poke <- struct{}{}:
			default:
			}
		}
	}))
	return u
}

// ingest has every unit send its reports after seq, and gives how many a second
// were acknowledged as stored.
func ingest(b *testing.B, units []*reporting, seq uint64) float64 {
	var all sync.WaitGroup
	list := make([][][]byte, len(units))
	for i, u := range units {
		list[i] = encodeReports(b, u.id, seq)
	}
	began := time.Now()
	for i, u := range units {
		all.Go(func() {
			topic := wire.ReportTopic(u.id)
			for _, payload := range list[i] {
				wait(b, u.client.Publish(topic, 1, false, payload))
			}
			over := time.After(fanPatient)
			for u.stored.Load() < seq+ingestEach {
				select {
				case <-u.poke:
				case <-over:
					b.Errorf("%s: stored up to %d of %d", u.id, u.stored.Load(), seq+ingestEach)
					return
				}
			}
		})
	}
	all.Wait()
	return float64(len(units)*ingestEach) / time.Since(began).Seconds()
}

func encodeReports(b *testing.B, unit string, seq uint64) [][]byte {
	var list [][]byte
	for n := seq + 1; n <= seq+ingestEach; n++ {
		from := time.Now().Add(time.Duration(n) * 15 * time.Minute).UnixMilli()
		payload, err := wire.Encode(wire.Report{Unit: unit, Spool: "spool", Boot: "boot", After: n - 1, Entries: []wire.Entry{{Seq: n, At: from,
			AsRun: &wire.AsRun{Output: wire.OutputSound, Programme: "morning", Version: 1, Title: "Morning notices", Level: wire.LevelTimed,
				From: from, To: from + 900_000, Rounds: []wire.RoundPart{{Start: from, Cues: 15, Frames: 900 * wire.Rate}},
				Outcome: wire.OutcomeEnded, Grade: wire.GradePlayed, Late: 120}}}})
		if err != nil {
			b.Fatal(err)
		}
		list = append(list, payload)
	}
	return list
}

// deliver has every client send the messages to the one that counts, and gives
// how many a second it heard.
func (c *crowd) deliver(list [][]byte) float64 {
	c.heard.Store(0)
	c.want = int64(len(c.units) * len(list))
	flying := make(chan struct{}, ingestFlight)
	c.flying.Store(&flying)
	defer c.flying.Store(nil)
	began := time.Now()
	for i, u := range c.units {
		go func() {
			topic := fmt.Sprintf("answer/%d", i)
			for _, payload := range list {
				flying <- struct{}{}
				wait(c.b, u.Publish(topic, 1, false, payload))
			}
		}()
	}
	select {
	case <-c.all:
	case <-time.After(fanPatient):
		c.b.Fatalf("%d of %d messages", c.heard.Load(), c.want)
	}
	return float64(c.want) / time.Since(began).Seconds()
}

// bareTable is the store's own table of proof, in a database in which nothing
// else happens.
func bareTable(b *testing.B) *sql.DB {
	path := filepath.Join(b.TempDir(), "bare.db")
	s, err := store.Open(b.Context(), store.Options{Path: path})
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		b.Fatal(err)
	}
	db, err := driver.Open("file:" + path + "?_txlock=immediate&_pragma=journal_mode(wal)&_pragma=synchronous(full)")
	if err != nil {
		b.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	b.Cleanup(func() { db.Close() })
	return db
}

// bareInserts gives how many rows a second the driver inserts.
func bareInserts(b *testing.B, db *sql.DB, seq uint64) float64 {
	began := time.Now()
	for n := 0; n < ingestUnits*ingestEach; {
		tx, err := db.BeginTx(b.Context(), nil)
		if err != nil {
			b.Fatal(err)
		}
		st, err := tx.PrepareContext(b.Context(), "INSERT INTO asrun (unit, start, spool, seq, content, length, code, stored, rounds, note) VALUES (?, ?, ?, ?, 1, 900000, 0, 900, ?, NULL)")
		if err != nil {
			b.Fatal(err)
		}
		for range ingestBatch {
			at := int64(seq) + int64(n/ingestUnits)
			if _, err := st.ExecContext(b.Context(), n%ingestUnits, at*900_000, n%ingestUnits, at, []byte("rounds of it")); err != nil {
				b.Fatal(err)
			}
			n++
		}
		if err := tx.Commit(); err != nil {
			b.Fatal(err)
		}
	}
	return ingestUnits * ingestEach / time.Since(began).Seconds()
}
