package scheduler

import (
	"cmp"
	"context"
	"slices"
)

// Role is what a person is trusted with in an area and everything below it.
type Role string

// The roles. Whoever holds the token in the data directory is an administrator
// of the whole county.
const (
	RoleAdministrator Role = "administrator" // 管理员: everything
	RoleEditor        Role = "editor"        // 编辑: makes programmes
	RoleApprover      Role = "approver"      // 审核: agrees to what others made
	RoleDuty          Role = "duty"          // 值班: the officer who warns and stops
	RoleTown          Role = "town"          // 镇广播员: the villages of one town
	RoleVillage       Role = "village"       // 村管理员: one village, by phone
	RoleCrew          Role = "crew"          // 维修员: finds and mends
	RoleViewer        Role = "viewer"        // 查看: looks
)

// Roles are all of them, the most trusted first.
func Roles() []Role {
	return []Role{RoleAdministrator, RoleEditor, RoleApprover, RoleDuty, RoleTown, RoleVillage, RoleCrew, RoleViewer}
}

// Act is something that needs authority.
type Act string

// The acts. Whether a release needs more persons is the approval's question; May
// answers only who may be one of them.
const (
	ActRead     Act = "read"     // see what the area has, plays and proves
	ActDraft    Act = "draft"    // make content and drafts in the area's name
	ActSubmit   Act = "submit"   // hand a draft in for approval
	ActApprove  Act = "approve"  // agree to it, or return it
	ActRelease  Act = "release"  // put on air what needs no further approval
	ActWithdraw Act = "withdraw" // take it out again
	ActWarn     Act = "warn"     // send out a warning in the area's name
	ActLift     Act = "lift"     // end a warning
	ActStop     Act = "stop"     // end everything on air, for good
	ActMute     Act = "mute"     // silence all but warnings, until a stated end
	ActPause    Act = "pause"    // say that a unit is under work
	ActCommand  Act = "command"  // test tone, restart, logs
	ActPlace    Act = "place"    // units and areas
	ActEnrol    Act = "enrol"    // make a device that of a unit
	ActInvite   Act = "invite"   // village admins and crews: their accounts and cards
	ActPeople   Act = "people"   // everybody's accounts, roles, sessions and tokens
	ActSettings Act = "settings" // settings and calendars of the county
	ActAudit    Act = "audit"    // read who did what
)

// Acts are all of them.
func Acts() []Act {
	return []Act{ActRead, ActDraft, ActSubmit, ActApprove, ActRelease, ActWithdraw, ActWarn, ActLift, ActStop, ActMute, ActPause, ActCommand, ActPlace, ActEnrol, ActInvite, ActPeople, ActSettings, ActAudit}
}

// allowed is what each role may do in its area.
var allowed = map[Role][]Act{
	RoleAdministrator: Acts(),
	RoleEditor:        {ActRead, ActDraft, ActSubmit, ActRelease, ActWithdraw},
	RoleApprover:      {ActRead, ActApprove, ActRelease, ActWithdraw, ActAudit},
	RoleDuty:          {ActRead, ActDraft, ActSubmit, ActRelease, ActWithdraw, ActWarn, ActLift, ActStop, ActMute, ActPause, ActCommand},
	RoleTown:          {ActRead, ActDraft, ActSubmit, ActRelease, ActWithdraw, ActStop, ActMute, ActPause, ActCommand, ActInvite},
	RoleVillage:       {ActRead, ActDraft, ActSubmit, ActRelease, ActWithdraw, ActMute, ActCommand},
	RoleCrew:          {ActRead, ActPause, ActCommand, ActEnrol},
	RoleViewer:        {ActRead},
}

// Allows tells whether the role may do it in its own area.
func (r Role) Allows(act Act) bool { return slices.Contains(allowed[r], act) }

// GivenBy is what somebody needs to give this role to another, in the area for
// which it is given.
func (r Role) GivenBy() Act {
	if r == RoleVillage || r == RoleCrew {
		return ActInvite
	}
	return ActPeople
}

// Grant is one role in one area and all below it.
type Grant struct {
	Role Role `json:"role"`
	// Area is the id of an area; empty for the whole county.
	Area string `json:"area,omitempty"`
}

// covers tells whether the grant holds in an area, "" being the whole county.
func (g Grant) covers(t *Tree, area string) bool {
	return g.Area == "" || g.Area == t.Root() || t.Within(area, g.Area)
}

// Limit narrows what an actor may do to less than its grants, as a token does.
type Limit struct {
	Acts []Act
	// Area; empty for no limit by area.
	Area string
}

// Actor is who asks for something, as the audit names them.
type Actor struct {
	// ID of the person, "admin" for the token of the data directory, "centre" for
	// the centre itself.
	ID     string
	Name   string
	Grants []Grant
	// Limit is nil where the grants hold in full.
	Limit *Limit
	// Via is how they proved who they are: the constants Via….
	Via string
	// Session is the id of the session or token they came with; empty for none.
	Session string
	// From is the network address that they came from.
	From string
}

// How an actor proved who they are.
const (
	ViaFile    = "token file" // the token in the data directory
	ViaSession = "session"    // signed in with a browser
	ViaToken   = "token"      // an API token
	ViaCentre  = "centre"     // the centre itself
)

// AdminID and CentreID are the ids of the two actors who are no persons.
const (
	AdminID  = "admin"
	CentreID = "centre"
)

// TheCentre acts by itself: it publishes, judges and tidies up.
func TheCentre() Actor {
	return Actor{ID: CentreID, Via: ViaCentre, Grants: []Grant{{Role: RoleAdministrator}}}
}

// TheAdmin is the administrator who needs no account.
func TheAdmin(via string) Actor {
	return Actor{ID: AdminID, Via: via, Grants: []Grant{{Role: RoleAdministrator}}}
}

// May is nil if the actor may do it in the area; "" is the whole county. The
// error is Forbidden and says who may.
func (a Actor) May(t *Tree, act Act, area string) error {
	if a.may(t, act, area) {
		return nil
	}
	where, who := t.called(area), WhoMay(t, act, area)
	e := &Error{Kind: Forbidden, Field: "area", Value: area,
		Message: Words{"你不能在" + where.ZH + act.said().ZH, "you may not " + act.said().EN + " in " + where.EN},
		Remedy:  Words{"请" + who.ZH + "来做", "ask " + who.EN}}
	if l := a.Limit; l != nil && (Actor{Grants: a.Grants}).may(t, act, area) {
		e.Message = Words{"这个令牌不能在" + where.ZH + act.said().ZH, "this token may not " + act.said().EN + " in " + where.EN}
		e.Remedy = Words{"换一个权限和区域包含它的令牌", "use a token whose acts and area include it"}
	}
	return e
}

func (a Actor) may(t *Tree, act Act, area string) bool {
	if l := a.Limit; l != nil && (!slices.Contains(l.Acts, act) || !(Grant{Area: l.Area}).covers(t, area)) {
		return false
	}
	return slices.ContainsFunc(a.Grants, func(g Grant) bool { return g.Role.Allows(act) && g.covers(t, area) })
}

// Areas are the highest areas in which the actor may do it, [""] for the whole
// county; empty where there is none.
func (a Actor) Areas(t *Tree, act Act) []string {
	var all []string
	for _, g := range a.Grants {
		area := g.Area
		if area == t.Root() {
			area = ""
		}
		if l := a.Limit; l != nil && (Grant{Area: area}).covers(t, l.Area) {
			area = l.Area // the narrower of the two
		}
		if a.may(t, act, area) {
			all = append(all, area)
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	return slices.DeleteFunc(slices.Clone(all), func(inner string) bool {
		return slices.ContainsFunc(all, func(outer string) bool { return outer != inner && (Grant{Area: outer}).covers(t, inner) })
	})
}

type actorKey struct{}

// WithActor gives the context of a request its actor. Who asks is the one thing
// that travels so: every use case is asked by somebody, and none decides by it.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// ActorIn is the actor of a request, the given one if there is none.
func ActorIn(ctx context.Context, otherwise Actor) Actor {
	if a, ok := ctx.Value(actorKey{}).(Actor); ok {
		return a
	}
	return otherwise
}

// String names the actor in a line.
func (a Actor) String() string { return cmp.Or(a.Name, a.ID) }
