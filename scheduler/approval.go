package scheduler

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// ReleaseDelay is how long a release can be undone before it takes effect.
const ReleaseDelay = 10 * time.Second

// MaxSteps is how many persons may have to agree, one after the other.
const MaxSteps = 3

// AnyWarning is the level of a rule that holds for warnings of all levels.
const AnyWarning = "warning"

// ApprovalRule says how many persons, other than those who made it, have to
// agree before something goes out in the name of an area or one below it.
type ApprovalRule struct {
	// Area is the id of an area; empty for the whole county.
	Area string `json:"area,omitempty"`
	// Villages narrows the rule to what a village puts out in its own name.
	Villages bool `json:"villages,omitempty"`
	// Level is that of a programme, of a warning, or AnyWarning; empty for all
	// programmes. A warning waits for one other person at most.
	Level string `json:"level,omitempty"`
	Steps int    `json:"steps"`
}

// defaultApproval holds in a county that has not said otherwise.
var defaultApproval = []ApprovalRule{{Steps: 1}, {Villages: true}}

// Steps is how many persons have to agree to what goes out in the name of an
// area, when by is who puts it out. The nearest area wins, then what is said of
// villages, then what is said of the level. In a county that has not said
// anything it is one, none for a village's own programmes and for warnings; and
// none for the token in the data directory: who holds that is no person, and
// holds the signing keys too.
func (c County) Steps(t *Tree, issuer string, level wire.Level, by Actor) int {
	rules := c.Approval
	if len(rules) == 0 {
		if by.ID == AdminID || by.ID == CentreID {
			return 0
		}
		rules = defaultApproval
	}
	steps, best := 0, -1
	chain := t.Chain(issuer)
	village := len(chain) > 1 && len(t.Children(issuer)) == 0
	for _, r := range rules {
		near := slices.Index(chain, r.Area)
		if r.Area == "" {
			near = 0
		}
		if near < 0 || r.Villages && !village || !r.of(level) {
			continue
		}
		rank := near * 4
		if r.Villages {
			rank += 2
		}
		if r.Level == string(level) {
			rank++
		}
		if rank > best {
			best, steps = rank, r.Steps
		}
	}
	return steps
}

func (r ApprovalRule) of(level wire.Level) bool {
	if level.Warning() {
		return r.Level == AnyWarning || r.Level == string(level)
	}
	return r.Level == "" || r.Level == string(level)
}

// validateApproval tells what is wrong with the rules of a county.
func validateApproval(rules []ApprovalRule) error {
	for i, r := range rules {
		field := fmt.Sprintf("approval[%d]", i)
		err := word(field+".level", r.Level, "", string(wire.LevelBackground), string(wire.LevelTimed), string(wire.LevelLive),
			AnyWarning, string(wire.LevelBlue), string(wire.LevelYellow), string(wire.LevelOrange), string(wire.LevelRed))
		if err != nil {
			return err
		}
		most := MaxSteps
		if r.Level == AnyWarning || wire.Level(r.Level).Warning() {
			most = 1
		}
		if r.Area != "" {
			err = CheckID(field+".area", r.Area)
		}
		if err = first(err, between(field+".steps", r.Steps, 0, most)); err != nil {
			return err
		}
		if slices.ContainsFunc(rules[:i], func(o ApprovalRule) bool { o.Steps = r.Steps; return o == r }) {
			return invalid(field, r.Area, Words{"说了两次", "said twice"}, Words{"同一区域、同一级别只写一次", "say it once for an area and level"})
		}
	}
	return nil
}

// ContentHash names exactly what a version would put on the air and where:
// items with the files and texts that travel, rule, level, and the addresses that its
// targets expand to. It depends neither on the version's number nor on who
// releases it when. p is as it was drafted.
func (p Programme) ContentHash(items []wire.Item, addresses []wire.Address) string {
	w := p.Wire()
	w.Version, w.By, w.At, w.Items = 0, "", 0, items
	if p.Targets.Heard != "" { // whom it is for is the proof that comes in
		addresses = nil
	}
	text, err := json.Marshal(struct {
		Programme wire.Programme
		Addresses []wire.Address
		Heard     string
	}{w, addresses, p.Targets.Heard})
	if err != nil {
		panic(fmt.Sprintf("hash programme: %v", err)) // plain types are always JSON
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Consent is one person's word that a submitted version may go out.
type Consent struct {
	Step   int
	Person string
	Name   string
	// For is whose deputy the person was; empty if the authority was their own.
	For string
	At  time.Time
}

// Review is how far a version is on its way to the air. Its methods are the only
// ways in which it gets on, and change nothing when they fail.
type Review struct {
	State ProgrammeState
	// Hands are the ids of those who drafted or submitted the version: none of
	// them may agree to it.
	Hands []string
	// Hash is the ContentHash that was submitted; empty before.
	Hash  string
	Steps int
	// Given are the consents to Hash, at most one each person.
	Given []Consent
	// Effective is when the release takes effect, in the state releasing.
	Effective time.Time
}

// Edit makes it a draft again: consents were given to something else.
func (r Review) Edit(by string) (Review, error) {
	switch r.State {
	case ProgrammeDraft, ProgrammeReturned, ProgrammeSubmitted:
	case ProgrammeReleasing:
		return r, r.onItsWay()
	default:
		return r, r.past()
	}
	r.State, r.Hash, r.Given, r.Effective = ProgrammeDraft, "", nil, time.Time{}
	r.Hands = with(r.Hands, by)
	return r, nil
}

// Submit hands it in; steps is how many have to agree. Handing in again what
// waits already changes nothing.
func (r Review) Submit(by, hash string, steps int) (Review, error) {
	switch {
	case r.State == ProgrammeSubmitted && r.Hash == hash && r.Steps == steps:
		return r, nil
	case r.State == ProgrammeReleasing:
		return r, r.onItsWay()
	case !r.State.Open():
		return r, r.past()
	case steps == 0:
		return r, conflict("state", string(r.State), Words{"它不需要审核", "it needs nobody's approval"}, Words{"直接签发", "release it"})
	}
	r.State, r.Hash, r.Steps, r.Given, r.Effective = ProgrammeSubmitted, hash, steps, nil, time.Time{}
	r.Hands = with(r.Hands, by)
	return r, nil
}

// Approve is one person's consent to what has the hash; now has another one if it
// changed since it was submitted. The last consent releases it.
func (r Review) Approve(c Consent, hash, now string, delay time.Duration) (Review, error) {
	if err := r.waits(); err != nil {
		return r, err
	}
	if hash != r.Hash || now != r.Hash {
		e := &Error{Kind: Stale, Field: "hash", Value: hash, Message: Words{"这不是正在待审的内容", "this is not what is waiting for approval"}, Remedy: Words{"再看一遍，然后审核你看到的", "look at it again, and approve what you see then"}}
		if now != r.Hash {
			e.Message, e.Remedy = Words{"提交之后内容或范围变了", "its content or its targets changed after it was submitted"},
				Words{"请编辑重新提交，再审核", "have it submitted again, then look at it again"}
		}
		return r, e
	}
	for _, id := range []string{c.Person, c.For} {
		if id != "" && slices.Contains(r.Hands, id) {
			return r, &Error{Kind: Forbidden, Field: "person", Value: id,
				Message: Words{"自己做的、自己提交的，不能自己审核", "nobody approves what they made or submitted themselves"},
				Remedy:  Words{"请另一位审核员审核", "ask another approver"}}
		}
		if id != "" && slices.ContainsFunc(r.Given, func(g Consent) bool { return g.Person == id || g.For == id }) {
			return r, conflict("person", id,
				Words{"这位已经审过了，每一步要换一个人", "this person has approved it already, and each step needs another one"},
				Words{"请另一位审核员审核", "ask another approver"})
		}
	}
	c.Step = len(r.Given) + 1
	r.Given = append(slices.Clone(r.Given), c)
	if len(r.Given) == r.Steps {
		r.State, r.Effective = ProgrammeReleasing, c.At.Add(delay)
	}
	return r, nil
}

// Return hands it back to its author.
func (r Review) Return(why string) (Review, error) {
	if err := r.waits(); err != nil {
		return r, err
	}
	if why == "" {
		return r, invalid("why", "", Words{"退回要说明理由", "who gets it back needs a reason"}, Words{"写明要改什么", "say in words what is to be changed"})
	}
	r.State, r.Given = ProgrammeReturned, nil
	return r, nil
}

// Release puts out what needs no further consent; steps is how many are needed.
func (r Review) Release(hash string, steps int, now time.Time, delay time.Duration) (Review, error) {
	switch {
	case r.State == ProgrammeReleasing:
		return r, r.onItsWay()
	case !r.State.Open():
		return r, r.past()
	case steps > 0:
		who := Words{"另一个人", "another person"}
		if steps > 1 {
			who = Words{fmt.Sprintf("另外 %d 个人", steps), fmt.Sprintf("%d other persons", steps)}
		}
		e := &Error{Kind: Conflict, Field: "state", Value: string(r.State), Message: Words{"它先要" + who.ZH + "审核", "it needs the approval of " + who.EN + " first"}, Remedy: Words{"先提交审核", "submit it for approval"}}
		if r.State == ProgrammeSubmitted {
			e.Message, e.Remedy = Words{fmt.Sprintf("它在等第 %d 步审核（共 %d 步）", len(r.Given)+1, r.Steps), fmt.Sprintf("it waits for approval %d of %d", len(r.Given)+1, r.Steps)},
				Words{"请审核员审核", "ask an approver"}
		}
		return r, e
	}
	r.State, r.Hash, r.Steps, r.Given, r.Effective = ProgrammeReleasing, hash, 0, nil, now.Add(delay)
	return r, nil
}

// Undo takes back a release that has not taken effect: the last consent with it.
func (r Review) Undo() (Review, error) {
	if r.State != ProgrammeReleasing {
		return r, conflict("state", string(r.State),
			Words{"已经没有可以撤回的签发", "there is no release that could be undone any more"},
			Words{"正在播的话，请撤播", "withdraw it if it is on air"})
	}
	r.Effective = time.Time{}
	if r.Steps == 0 {
		r.State, r.Hash = ProgrammeDraft, ""
		return r, nil
	}
	r.State, r.Given = ProgrammeSubmitted, slices.Clone(r.Given[:len(r.Given)-1])
	return r, nil
}

// Due tells whether the release takes effect.
func (r Review) Due(now time.Time) bool {
	return r.State == ProgrammeReleasing && !now.Before(r.Effective)
}

func (r Review) waits() error {
	switch {
	case r.State == ProgrammeSubmitted:
		return nil
	case r.State == ProgrammeReleasing:
		return r.onItsWay()
	case r.State.Open():
		return conflict("state", string(r.State), Words{"还没有人提交", "nobody has submitted it"}, Words{"先提交", "submit it first"})
	}
	return r.past()
}

func (r Review) onItsWay() error {
	return conflict("state", string(r.State),
		Words{"它已签发，" + r.Effective.Format(time.RFC3339) + " 生效", "it is released and takes effect at " + r.Effective.Format(time.RFC3339)},
		Words{"先撤回签发", "undo the release first"})
}

func (r Review) past() error {
	return conflict("state", string(r.State),
		Words{fmt.Sprintf("这个版本已定（%s），不能再改", r.State), fmt.Sprintf("this version is %s and stays so", r.State)},
		Words{"另做一份新草稿", "make a new draft"})
}

// with is the list with one more.
func with(list []string, id string) []string {
	if slices.Contains(list, id) {
		return list
	}
	return append(slices.Clone(list), id)
}
