//go:build linux || darwin

package diskspace_test

import (
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/diskspace"
)

// A disk is as full as df says: what is reserved for the root user counts for nothing.
func TestFullAsDf(t *testing.T) {
	dir := t.TempDir()
	out, err := exec.Command("df", "-Pk", dir).Output()
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	fields := strings.Fields(lines[len(lines)-1]) // device, blocks of 1 KiB, used, available, ...
	require.GreaterOrEqual(t, len(fields), 4, string(out))
	used, err := strconv.ParseFloat(fields[2], 64)
	require.NoError(t, err)
	available, err := strconv.ParseFloat(fields[3], 64)
	require.NoError(t, err)
	size, known := diskspace.Size(dir)
	require.True(t, known)
	free, known := diskspace.Free(dir)
	require.True(t, known)
	assert.InDelta(t, used/(used+available), float64(size-free)/float64(size), .02) // others write to it meanwhile
}
