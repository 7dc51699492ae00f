// Package screen shows texts on a unit's screen: it turns a notice into a bitmap
// of LED pixels, moves it evenly, and proves from when to when it was shown. It
// owns everything between a plan of texts and a panel's pixels, and the kiosk
// page on which a television shows the same plan.
//
// The way of a text:
//
//	SetPlan([]Span) ─► Screen.Run: which span is due now? ─► Layout.Frame ─► Panel.Draw
//	                        │                                                  │
//	                        ├─► Kiosk (events to a browser)                    └─► picture file, live view
//	                        └─► Drain() []Shown: what really stood there, from when to when
//
// A frame is a pure function of the panel's size, the span and the instant, so
// frames can be compared with golden ones, and the centre's preview draws what the
// panel will draw. The glyphs are bitmaps of 12 by 12 pixels in a line of 16, half
// as wide for Latin letters and digits, enlarged by a whole factor to fill the
// panel.
package screen
