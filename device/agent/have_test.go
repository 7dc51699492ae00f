package agent

import (
	"encoding/json"
	"sync"
	"testing"

	"github.com/villagecast/villagecast/device/wire"
)

// TestTheLastWordIsTheNewest: a session that begins and a snapshot that comes both
// have the unit say what it holds. Whichever is first, the last word is the truth;
// an older one on top of it would stand at the centre as "not delivered" for good.
func TestTheLastWordIsTheNewest(t *testing.T) {
	for i := range 3000 {
		s := &session{number: 1, wake: make(chan struct{}, 1)}
		a := &agent{link: &link{now: s}, keeper: &keeper{unit: "u", refused: &refusals{}}}
		a.keeper.view.Store(&view{held: []wire.Held{{Address: "area/c", Bulletin: 1}}})
		var both sync.WaitGroup
		both.Go(a.sayHave)
		both.Go(func() {
			a.keeper.view.Store(&view{held: []wire.Held{{Address: "area/c", Bulletin: 2}}})
			a.sayHave()
		})
		both.Wait()
		var last wire.Have
		if err := json.Unmarshal(s.queue[len(s.queue)-1].payload, &last); err != nil {
			t.Fatal(err)
		}
		if last.Held[0].Bulletin != 2 {
			t.Fatalf("try %d: the last word is revision %d of what is held at 2", i, last.Held[0].Bulletin)
		}
	}
}
