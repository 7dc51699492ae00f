package scheduler

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// TestRoles is what each role may do in its area, written out by hand.
func TestRoles(t *testing.T) {
	tree := sampleTree()
	want := map[Role]string{
		RoleAdministrator: "read draft submit approve release withdraw warn lift stop mute pause command place enrol invite people settings audit",
		RoleEditor:        "read draft submit release withdraw",
		RoleApprover:      "read approve release withdraw audit",
		RoleDuty:          "read draft submit release withdraw warn lift stop mute pause command",
		RoleTown:          "read draft submit release withdraw stop mute pause command invite",
		RoleVillage:       "read draft submit release withdraw mute command",
		RoleCrew:          "read pause command enrol",
		RoleViewer:        "read",
	}
	for _, r := range append(Roles(), "stranger") {
		a := Actor{Grants: []Grant{{r, "t1"}}}
		for _, act := range append(Acts(), "fly") {
			may := slices.Contains(strings.Fields(want[r]), string(act))
			for area, in := range map[string]bool{"t1": true, "v1": true, "v2": true, "c": false, "t2": false, "v3": false, "": false, "nowhere": false} {
				if err := a.May(tree, act, area); (err == nil) != (may && in) {
					t.Errorf("%s of t1 may %s in %q: %v", r, act, area, err)
				} else if err != nil && KindOf(err) != Forbidden {
					t.Errorf("%s, %s, %q: kind %q", r, act, area, KindOf(err))
				}
			}
		}
	}
}

func TestGrantsAndLimits(t *testing.T) {
	tree := sampleTree()
	village := []Grant{{RoleVillage, "v1"}}
	mixed := []Grant{{RoleTown, "t1"}, {RoleViewer, "c"}, {RoleVillage, "v3"}}
	for _, c := range []struct {
		name  string
		actor Actor
		act   Act
		yes   []string
		no    []string
		areas []string
	}{
		{"a village only itself", Actor{Grants: village}, ActRelease, []string{"v1"}, []string{"", "c", "t1", "v2", "v3"}, []string{"v1"}},
		{"several grants", Actor{Grants: mixed}, ActRelease, []string{"t1", "v1", "v3"}, []string{"", "c", "t2"}, []string{"t1", "v3"}},
		{"several grants, the widest", Actor{Grants: mixed}, ActRead, []string{"", "c", "t2"}, nil, []string{""}},
		{"nobody", Actor{}, ActRead, nil, []string{"", "v1"}, nil},
		{"the token file", TheAdmin(ViaFile), ActPeople, []string{"", "c", "v1", "nowhere"}, nil, []string{""}},
		{"a token of one act", Actor{Grants: mixed, Limit: &Limit{Acts: []Act{ActRead}}}, ActRelease, nil, []string{"t1", "v1"}, nil},
		{"a token of one area", Actor{Grants: mixed, Limit: &Limit{Acts: Acts(), Area: "v1"}}, ActRelease, []string{"v1"}, []string{"t1", "v2", "v3"}, []string{"v1"}},
		{"a token is no more than its owner", Actor{Grants: village, Limit: &Limit{Acts: Acts()}}, ActRelease, []string{"v1"}, []string{"v2", ""}, []string{"v1"}},
		{"a token for another area than its owner's", Actor{Grants: village, Limit: &Limit{Acts: Acts(), Area: "v2"}}, ActRelease, nil, []string{"v1", "v2", ""}, nil},
	} {
		for _, area := range c.yes {
			if err := c.actor.May(tree, c.act, area); err != nil {
				t.Errorf("%s: %s in %q: %v", c.name, c.act, area, err)
			}
		}
		for _, area := range c.no {
			if c.actor.May(tree, c.act, area) == nil {
				t.Errorf("%s: may %s in %q", c.name, c.act, area)
			}
		}
		if got := c.actor.Areas(tree, c.act); !slices.Equal(got, c.areas) {
			t.Errorf("%s: may %s in %q, want %q", c.name, c.act, got, c.areas)
		}
	}
	empty := NewTree(nil)
	if TheAdmin(ViaFile).May(empty, ActPlace, "") != nil || (Actor{Grants: village}).May(empty, ActRead, "") == nil {
		t.Error("before there is a county only the administrator may do something")
	}
}

// TestForbiddenNamesWhoMay holds that a refusal tells whom to ask.
func TestForbiddenNamesWhoMay(t *testing.T) {
	tree := sampleTree()
	for _, c := range []struct {
		a    Actor
		act  Act
		area string
		want string
	}{
		{Actor{Grants: []Grant{{RoleVillage, "v1"}}}, ActStop, "v1", `area: you may not stop what is on air in 村一 (given: "v1"); ask an administrator, a duty officer or a town broadcaster of 村一 or of an area above it`},
		{Actor{Grants: []Grant{{RoleTown, "t1"}}}, ActRelease, "c", `area: you may not release programmes in 县 (given: "c"); ask an administrator, an editor, an approver, a duty officer, a town broadcaster or a village admin of 县`},
		{Actor{Grants: []Grant{{RoleAdministrator, ""}}, Limit: &Limit{Acts: []Act{ActRead}}}, ActPeople, "", `area: this token may not change people's access in the whole county; use a token whose acts and area include it`},
	} {
		if got := c.a.May(tree, c.act, c.area).Error(); got != c.want {
			t.Errorf("says\n%s\nwant\n%s", got, c.want)
		}
	}
	if RoleVillage.GivenBy() != ActInvite || RoleTown.GivenBy() != ActPeople || RoleAdministrator.GivenBy() != ActPeople {
		t.Error("roles are given by the wrong people")
	}
}

func TestSignInWaits(t *testing.T) {
	for wrong, want := range map[int]time.Duration{0: 0, 4: 0, 5: time.Minute, 6: 2 * time.Minute, 10: 32 * time.Minute, 11: time.Hour, 1 << 30: time.Hour} {
		if got := SignInWait(wrong); got != want {
			t.Errorf("after %d wrong passwords %v, want %v", wrong, got, want)
		}
	}
	if phone, desk := SessionLife([]Grant{{RoleVillage, "v1"}, {RoleCrew, ""}}), SessionLife([]Grant{{RoleVillage, "v1"}, {RoleEditor, "v1"}}); phone != 180*24*time.Hour || desk != 30*24*time.Hour {
		t.Errorf("a phone stays signed in %v, a desk %v", phone, desk)
	}
}
