package core

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An error's text says its number as a literal, which is shorter in the wasm. These are the limits that each
// text means, in their order: a limit that changes must change the text.
var numbersInTexts = map[string][]any{
	"the key of an attribute must have 1 to 32 bytes, not ":                                                         {1, MaxAttributeKeyBytes},
	"the keys must be an array of 1 to 32 strings of 1 to 32 characters":                                            {1, MaxAttributes, 1, MaxAttributeKeyBytes},
	"a string of 1 to 64 of the allowed characters":                                                                 {1, MaxIDLength},
	"channelIds must be one or more strings of 1 to 64 of the allowed characters":                                   {1, MaxIDLength},
	"peerIds must be one or more strings of 1 to 64 of the allowed characters":                                      {1, MaxIDLength},
	"32 channels may be asked about at a time":                                                                      {MaxCountedChannels},
	"256 peers may be asked about at a time":                                                                        {MaxQueriedPeers},
	"512 peers may be subscribed to":                                                                                {MaxSubscribedPeers},
	"512 peers may be unsubscribed from at a time":                                                                  {MaxSubscribedPeers},
	"content and response may have 8192 bytes, and channelId must be empty or of 1 to 64 of the allowed characters": {MaxInvitationBytes, 1, MaxIDLength},
	"mediaId is not one that an upload gives: it has more than 256 bytes":                                           {MaxMediaIDBytes},
	" may have 32768 bytes together":                                                                                {MaxMessageBytes},
	" bytes; the limit is 31457280 (30 MB)":                                                                         {MaxMediaBytes, MaxMediaBytes >> 20},
	"more than 180 messages in 3 s":                                                                                 {SendRate, SendRateWindow},
	"the connection did not come back within 9 s":                                                                   {ReconnectWait},
	"the gateway did not answer within 10 s":                                                                        {RequestTimeout},
	"the gateway did not answer within 12 s":                                                                        {LoginTimeout},
	"the gateway did not answer within 20 s":                                                                        {RenewTimeout},
	"expiresIn must be 1 to ":                                                                                       {1},
	"download must be a file name of 1 to ":                                                                         {1},
	"no progress for 120 s: ":                                                                                       {MediaStallTimeout},
}

func TestNumbersInTextsAreTheLimits(t *testing.T) {
	digits := regexp.MustCompile(`\b[0-9]+\b`)
	seen := map[string]bool{}
	for _, text := range literals(t) {
		if !strings.Contains(text, " ") || !digits.MatchString(text) {
			continue
		}
		seen[text] = true
		var want []string
		for _, limit := range numbersInTexts[text] {
			if d, ok := limit.(time.Duration); ok {
				limit = int(d / time.Second)
			}
			want = append(want, strconv.Itoa(limit.(int)))
		}
		assert.Equal(t, want, digits.FindAllString(text, -1), "%q says other numbers than numbersInTexts has for it", text)
	}
	for text := range numbersInTexts {
		assert.True(t, seen[text], "%q is no text of the core any more", text)
	}
}

// literals are the strings in the package's code, except imports.
func literals(t *testing.T) (texts []string) {
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".go") || strings.HasSuffix(entry.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), entry.Name(), nil, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(node ast.Node) bool {
			if literal, ok := node.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				text, err := strconv.Unquote(literal.Value)
				require.NoError(t, err)
				texts = append(texts, text)
			}
			return true
		})
	}
	return texts
}

func TestErrorTextsEndOnce(t *testing.T) {
	for text, want := range map[string]string{
		"too late":         " Error Code 5 - too late.",
		"too late.":        " Error Code 5 - too late.",
		"is it a gateway?": " Error Code 5 - is it a gateway?",
		"":                 " Error Code 5 - .",
	} {
		assert.EqualError(t, &Error{Code: 5, Text: text}, want)
	}
}
