package watch

// Asleep and WhyAsleep are shown to tests.
var (
	Asleep    = asleep
	WhyAsleep = whyAsleep
)
