package client

import (
	"context"
	"net/http"
	"time"
)

// SigningKey is the public side of a key with which the centre signs, or did.
type SigningKey struct {
	ID      string     `json:"id"`
	Created time.Time  `json:"created"`
	Removed *time.Time `json:"removed,omitempty" doc:"Since when units take nothing new under it"`
}

// RotateSpec says where the signing root is.
type RotateSpec struct {
	Root string `json:"root,omitempty" maxLength:"4096" doc:"File of the signing root on the centre's machine; root.key in the data directory if absent"`
}

// SigningKeys lists the signing keys, oldest first.
func (c *Client) SigningKeys(ctx context.Context) ([]SigningKey, error) {
	return list[SigningKey](ctx, c, "/keys", nil)
}

// RotateKeys makes a new signing key and takes those before out of the ring.
func (c *Client) RotateKeys(ctx context.Context, v RotateSpec) (SigningKey, error) {
	return send[SigningKey](ctx, c, http.MethodPost, "/keys/rotate", v)
}

// BrokerSpec asks for what a broker of one's own needs.
type BrokerSpec struct {
	Hosts []string `json:"hosts,omitempty" maxItems:"20" doc:"Names and addresses under which units reach the broker: it gets a certificate of the centre's authority for them"`
}

// BrokerFiles is what such a broker needs to know whom to let in.
type BrokerFiles struct {
	CA      string `json:"ca" doc:"Certificate of the centre's authority, PEM"`
	Revoked string `json:"revoked" doc:"List of revoked certificates, PEM; good for ten years"`
	Access  string `json:"access" doc:"Access list, as Mosquitto reads it"`
	Server  string `json:"server,omitempty" doc:"Certificate and key of the broker, PEM"`
}

// BrokerCut says whose connections were ended.
type BrokerCut struct {
	Units []string `json:"units"`
}

// BrokerFiles makes what a broker of one's own needs.
func (c *Client) BrokerFiles(ctx context.Context, v BrokerSpec) (BrokerFiles, error) {
	return send[BrokerFiles](ctx, c, http.MethodPost, "/broker/files", v)
}

// CutRevoked ends connections of devices that were revoked, at a broker that has
// just read its files anew.
func (c *Client) CutRevoked(ctx context.Context) (BrokerCut, error) {
	return send[BrokerCut](ctx, c, http.MethodPost, "/broker/cut", nil)
}
