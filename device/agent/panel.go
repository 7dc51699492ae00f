package agent

import "github.com/villagecast/villagecast/device/wire"

// Size of a panel whose unit says none.
const (
	panelWidth  = 256
	panelHeight = 32
)

// fitScreen makes the panel of the size that the settings say.
func (a *agent) fitScreen(v *view) {
	if a.screen == nil {
		return
	}
	if v.county != nil {
		a.screen.SetSlogan(v.county.Slogan)
		a.screen.SetZone(v.county.Zone)
	}
	if !v.has(wire.OutputScreen) {
		return
	}
	size := wire.Panel{Width: panelWidth, Height: panelHeight}
	if v.settings.Panel != nil {
		size = *v.settings.Panel
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.size == size {
		return
	}
	a.size = size
	panel, err := a.o.Panel(size.Width, size.Height)
	if err != nil {
		a.cond.raise(CodePanelLost, err.Error())
		return
	}
	a.cond.clear(CodePanelLost)
	a.screen.SetPanel(panel)
}
