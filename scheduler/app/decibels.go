package app

import "math"

// decibels is a peak of full scale 1 in dBFS, not below -120.
func decibels(peak float64) float64 { return max(-120, 20*math.Log10(peak)) }
