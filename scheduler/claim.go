package scheduler

import (
	"fmt"
	"time"
)

// ClaimLife is how long a claim waits for its device: from the bench to the pole.
const ClaimLife = 90 * 24 * time.Hour

// MaxClaims is how many claims can be made at once.
const MaxClaims = 1000

// Claim (入网码) makes one device the device of a unit: whoever brings its code and
// a key of its own first. It is known by its unit, as a unit has one at most that
// is good.
type Claim struct {
	Unit string `json:"unit"`
	// By is the id of the actor who issued it.
	By      string    `json:"by"`
	Created time.Time `json:"created"`
	Ends    time.Time `json:"ends"`
	// Used is zero until a device came.
	Used time.Time `json:"used,omitzero"`
}

// IssuedClaim is a claim with its code, which is shown once and kept nowhere.
type IssuedClaim struct {
	Claim
	Code string
	Name string // of the unit
}

// Placing is where a unit is put.
type Placing struct {
	Unit, Area string
	// Name of the place; the unit keeps its own if empty.
	Name string
	// Position is kept if nil.
	Position *Position
}

// Validate tells what is wrong with it.
func (p Placing) Validate(w World) error {
	if p.Area == "" {
		return invalid("area", "", Words{"没有写区域", "no area is given"}, Words{"写它所在的村", "name the village in which it stands"})
	}
	return first(w.Units.check("unit", "unit", p.Unit), w.area("area", p.Area), checkName("name", p.Name, maxName))
}

// CheckClaims tells what is wrong with a number of claims to be made at once.
func CheckClaims(n int) error {
	if n < 1 || n > MaxClaims {
		return invalid("new", fmt.Sprint(n),
			Words{"一次做不了这么多", "this many cannot be made at once"},
			Words{fmt.Sprintf("写 1 到 %d", MaxClaims), fmt.Sprintf("ask for 1 to %d", MaxClaims)})
	}
	return nil
}

// Certificate is the certificate of a device, as it was given to the unit's.
type Certificate struct {
	Serial string
	Unit   string
	// Key is the SHA-256 of the device's public key.
	Key          []byte
	DER          []byte
	Issued, Ends time.Time
	// Revoked is zero while it holds; Why is the reason.
	Revoked time.Time
	Why     string
}

// Enrolling is what a device brings to become a unit's.
type Enrolling struct {
	Unit string
	// Code of the claim, or the secret that the unit has had until now.
	Code string
	// Key is the SHA-256 of its public key.
	Key []byte
}
