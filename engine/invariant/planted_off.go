//go:build !planted

package invariant

// Planted says whether a bug is in this build, which it is not.
func Planted(Bug) bool { return false }
