package agent

import (
	"slices"

	"github.com/villagecast/villagecast/device/wire"
)

// revoked tells whether the county's orders say that this device is no longer that
// of its unit. A new certificate ends that.
func (k *keeper) revoked(bulletins []wire.Bulletin, orders []wire.Orders) bool {
	serial := k.serial()
	i := slices.IndexFunc(bulletins, func(b wire.Bulletin) bool { return b.Settings != nil })
	if serial == "" || i < 0 || len(bulletins[i].Settings.Chain) == 0 {
		return false
	}
	county := wire.AreaAddress(bulletins[i].Settings.Chain[0])
	return slices.ContainsFunc(orders, func(o wire.Orders) bool {
		return o.Address == county && slices.ContainsFunc(o.Revoked, func(r wire.Revoked) bool { return r.Serial == serial })
	})
}

// silenced are snapshots with nothing in them to sound or show.
func silenced(bulletins []wire.Bulletin, orders []wire.Orders) ([]wire.Bulletin, []wire.Orders) {
	bulletins, orders = slices.Clone(bulletins), slices.Clone(orders)
	for i := range bulletins {
		bulletins[i].Programmes = nil
	}
	for i := range orders {
		orders[i].Interrupts = nil
	}
	return bulletins, orders
}
