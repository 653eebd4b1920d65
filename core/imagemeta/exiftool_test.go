package imagemeta

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ExifTool knows more kinds of metadata than any other program. It must find much metadata before
// stripping. Afterwards it must find only what is needed to show the picture.
func TestExifTool(t *testing.T) {
	exiftool, err := exec.LookPath("exiftool")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("exiftool is missing: scripts/install-test-tools.sh installs it")
		}
		t.Skip("exiftool is not installed: scripts/install-test-tools.sh installs it")
	}
	dir := t.TempDir()
	for name, picture := range full(t) {
		kind, _, _ := strings.Cut(name, " ")
		name = strings.ReplaceAll(name, " ", "-") + "." + strings.ToLower(kind) // it looks at no file without
		require.NoError(t, os.WriteFile(filepath.Join(dir, "before-"+name), picture, 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "after-"+name), Strip(picture), 0o600))
	}
	out, err := exec.Command(exiftool, "-json", "-G1", "-a", "-u", "-U", "-ee", dir).Output()
	require.NoError(t, err)
	var found []map[string]any
	require.NoError(t, json.Unmarshal(out, &found))
	require.Len(t, found, 2*len(full(t)))
	for _, tags := range found {
		name := filepath.Base(tags["SourceFile"].(string))
		private := 0
		for tag, value := range tags {
			if text, ok := value.(string); ok && strings.Contains(text, secret) || strings.Contains(tag, "GPS") {
				private++
			}
			if strings.HasPrefix(name, "after-") {
				assert.True(t, allowed(tag), "%s: %s is %v", name, tag, value)
			}
		}
		if strings.HasPrefix(name, "after-") {
			assert.Zero(t, private, name)
		} else {
			assert.Greater(t, private, 2, name)
		}
	}
}

// allowed reports whether a tag is not private: it describes the file on disk, or how to decode
// and show the picture.
func allowed(tag string) bool {
	group, name, _ := strings.Cut(tag, ":")
	switch group {
	case "SourceFile", "System", "ExifTool", "File", "Composite", "JFIF", "PNG", "RIFF", "VP8L", "ICC_Profile", "ICC-header":
		return name != "Comment" && name != "ModifyDate" && !strings.Contains(name, "Warning") || name == "Warning" && group == "ExifTool"
	case "IFD0":
		return name == "Orientation" || name == "XResolution" || name == "YResolution" || name == "ResolutionUnit" || name == "YCbCrPositioning"
	}
	return false
}
