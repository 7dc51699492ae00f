package app_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// TestApprovedIsOnAirAfterTenSeconds has an editor submit a correction while the
// version before is on air, and an approver look at it and agree. The old one
// plays on until the ten seconds are over, also when the centre is restarted
// within them; a release that was undone in them never sounds.
func TestApprovedIsOnAirAfterTenSeconds(t *testing.T) {
	t.Setenv("PATH", "")
	inCounty(t, func(t *testing.T, c *county) {
		admin := c.operator()
		c.place(client.UnitSpec{ID: "horn", Area: "liushu", Outputs: []wire.Output{wire.OutputSound}})
		sound := upload(t, admin, tone(t, t.TempDir(), "water", 440, 50), "water")
		playlist(t, admin, "water", [2]string{sound.ID, ""})
		spec := client.ProgrammeSpec{ID: "water", Playlist: "water", Targets: client.Targets{Areas: []string{"liushu"}}, Issuer: "county",
			Rule: wire.Rule{Kind: wire.RuleLoop, Pause: 10, Window: &wire.Window{From: "00:00", To: "24:00"}, Until: "2027-01-01T00:00:00"}}
		release(t, admin, spec)
		editor := c.signedIn("wang", scheduler.RoleEditor)
		approver := c.signedIn("li", scheduler.RoleApprover)
		onAir := func() int {
			t.Helper()
			u, err := admin.Unit(t.Context(), "horn")
			if err != nil || len(u.Presence.OnAir) == 0 {
				t.Fatalf("nothing on air: %+v, %v", u.Presence, err)
			}
			return u.Presence.OnAir[0].Version
		}
		time.Sleep(20 * time.Second)
		if v := onAir(); v != 1 {
			t.Fatalf("version %d is on air", v)
		}

		for _, undone := range []bool{true, false} {
			spec.Title = "corrected"
			if _, err := editor.PutProgramme(t.Context(), spec); err != nil {
				t.Fatal(err)
			}
			p, err := editor.Submit(t.Context(), "water")
			if err != nil || p.Version != 2 || p.State != "submitted" {
				t.Fatalf("submitted: %+v, %v", p, err)
			}
			waits, err := approver.Approvals(t.Context(), false)
			if err != nil || len(waits) != 1 || !waits[0].Mine {
				t.Fatalf("what waits for the approver: %+v, %v", waits, err)
			}
			seen, err := approver.Review(t.Context(), "water", 0)
			if err != nil || len(seen.Items) != 1 || seen.Items[0].Sound == "" || seen.Units != 1 {
				t.Fatalf("review: %+v, %v", seen, err)
			}
			var heard bytes.Buffer
			err = approver.Sound(t.Context(), "water", seen.Items[0].Sound, &heard)
			if sum := sha256.Sum256(heard.Bytes()); err != nil || hex.EncodeToString(sum[:]) != seen.Items[0].Sound {
				t.Fatalf("what the approver hears is not what the units play: %x, %v", sum, err)
			}
			if _, err = approver.Approve(t.Context(), "water", client.ApproveSpec{Hash: seen.Hash}); err != nil {
				t.Fatal(err)
			}
			approved := time.Now()
			time.Sleep(8 * time.Second)
			if v := onAir(); v != 1 {
				t.Fatalf("8 s after the approval version %d is on air", v)
			}
			if undone {
				if p, err = editor.Undo(t.Context(), "water"); err != nil || p.State != "submitted" {
					t.Fatalf("undone: %+v, %v", p, err)
				}
			}
			c.stop()
			c.start()
			time.Sleep(time.Until(approved.Add(30 * time.Second)))
			time.Sleep(time.Minute) // the item on air ends first
			if v := onAir(); undone != (v == 1) || !undone && v != 2 {
				t.Fatalf("undone %v, and version %d is on air", undone, v)
			}
		}
	})
}

// signedIn is a client of somebody with one role in the whole county.
func (c *county) signedIn(id string, role scheduler.Role) *client.Client {
	c.t.Helper()
	st := c.app.Store()
	_, _, err := st.PutPerson(context.Background(), scheduler.Person{ID: id, Grants: []scheduler.Grant{{Role: role}}})
	if err != nil {
		c.t.Fatal(err)
	}
	var acts []scheduler.Act
	for _, act := range scheduler.Acts() {
		if role.Allows(act) {
			acts = append(acts, act)
		}
	}
	secret, _, err := st.AddToken(context.Background(), scheduler.Token{Person: id, Title: "desk", Acts: acts, Ends: time.Now().Add(time.Hour)})
	if err != nil {
		c.t.Fatal(err)
	}
	op := *c.operator()
	op.Token = secret
	return &op
}
