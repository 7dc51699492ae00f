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
