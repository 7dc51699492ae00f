package client

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// ClaimSpec asks for claims: of units that there are, or of new ones without a
// place yet.
type ClaimSpec struct {
	Units   []string      `json:"units,omitempty" maxItems:"1000" doc:"Ids of units; claims that they had before are void"`
	New     int           `json:"new,omitempty" minimum:"0" maximum:"1000" doc:"How many new units without a place, instead"`
	Area    string        `json:"area,omitempty" doc:"Who looks after the new ones until they have a place; the county if absent"`
	Outputs []wire.Output `json:"outputs,omitempty" doc:"Outputs of the new ones; sound if absent"`
}

// Claim makes one device the device of a unit, once.
type Claim struct {
	Unit    string    `json:"unit"`
	By      string    `json:"by" doc:"Who issued it"`
	Created time.Time `json:"created"`
	Ends    time.Time `json:"ends"`
	Here    string    `json:"here" doc:"Address of the unit's page at the pole, for its sticker"`
}

// IssuedClaim is a claim as it is given out, once.
type IssuedClaim struct {
	Claim
	Name     string `json:"name" doc:"Name of the unit"`
	Code     string `json:"code" doc:"Whoever has it first becomes the unit's device; not shown again"`
	Settings string `json:"settings" doc:"The file for the device's stick or card (YAML): it holds the code, and neither key nor secret"`
}

// PlacingSpec puts a unit in its place.
type PlacingSpec struct {
	Area     string    `json:"area" doc:"Id of the village in which it stands"`
	Name     string    `json:"name,omitempty" doc:"Name of the place; it keeps its own if absent"`
	Position *Position `json:"position,omitempty"`
}

// RevokeSpec says why devices of a unit may not come in any more.
type RevokeSpec struct {
	Why string `json:"why" minLength:"1" maxLength:"200"`
}

// Revoked answers it.
type Revoked struct {
	Unit  string `json:"unit"`
	Ended int    `json:"ended" doc:"Certificates, and the secret of an earlier version, that hold no more"`
}

// Certificate is one that a unit's device has.
type Certificate struct {
	Unit   string    `json:"unit"`
	Serial string    `json:"serial"`
	Issued time.Time `json:"issued"`
	Ends   time.Time `json:"ends" doc:"It is renewed when two thirds of its life are over"`
}

// RevokeUnit ends all by which devices come in as the unit.
func (c *Client) RevokeUnit(ctx context.Context, unit, why string) (Revoked, error) {
	return send[Revoked](ctx, c, http.MethodPost, "/units"+id(unit)+"/revoke", RevokeSpec{Why: why})
}

// Certificates lists those that hold, of an area and below.
func (c *Client) Certificates(ctx context.Context, area string) ([]Certificate, error) {
	q := url.Values{}
	if area != "" {
		q.Set("area", area)
	}
	return list[Certificate](ctx, c, "/certificates", q)
}

// IssueClaims makes claims, all or none.
func (c *Client) IssueClaims(ctx context.Context, v ClaimSpec) ([]IssuedClaim, error) {
	page, err := send[Page[IssuedClaim]](ctx, c, http.MethodPost, "/claims", v)
	return page.Items, err
}

// Claims lists those that wait for their device, of an area and below.
func (c *Client) Claims(ctx context.Context, area string) ([]Claim, error) {
	q := url.Values{}
	if area != "" {
		q.Set("area", area)
	}
	return list[Claim](ctx, c, "/claims", q)
}

// PlaceUnit puts a unit in its place.
func (c *Client) PlaceUnit(ctx context.Context, unit string, v PlacingSpec) (Unit, error) {
	return send[Unit](ctx, c, http.MethodPost, "/units"+id(unit)+"/place", v)
}

// UnitsTableSpec is a spreadsheet of units.
type UnitsTableSpec struct {
	TableSpec
	Claims bool `json:"claims,omitempty" doc:"Give each of those that are added a claim"`
}

// UnitsImported says what a spreadsheet of units changed, or would.
type UnitsImported struct {
	Imported
	Claims []IssuedClaim `json:"claims,omitempty"`
}

// ImportUnits reads units from a spreadsheet: all of them, or none.
func (c *Client) ImportUnits(ctx context.Context, v UnitsTableSpec) (UnitsImported, error) {
	return send[UnitsImported](ctx, c, http.MethodPost, "/units/import", v)
}
