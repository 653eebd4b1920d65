package media_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/mediastore"
	"rtmwasm/gateway/mediastore/bucket"
	"rtmwasm/tests/s3"
)

// onBucket is a variable that has the tests of this package keep media in a bucket of the
// server at its URL.
const onBucket = "RTM_TEST_S3"

// inFolder is a variable that says where that server has its buckets.
const inFolder = "RTM_TEST_S3_FOLDER"

const bucketName = "media"

// quick leaves tests out that take seconds and see nothing of where media is kept.
const quick = "TestSurplusIsRefused|TestADeafGatewayIsPassedOver|TestUserQuota"

// TestOnABucket runs the other tests of this package once more, with media in a bucket.
func TestOnABucket(t *testing.T) {
	if os.Getenv(onBucket) != "" {
		return
	}
	server := s3.Run(t, bucketName)
	s3.SetEnvironment(t)
	self, err := os.Executable()
	require.NoError(t, err)
	again := exec.CommandContext(t.Context(), self, "-test.skip", quick)
	again.Env = append(os.Environ(), onBucket+"="+server.URL, inFolder+"="+server.Dir)
	out, err := again.CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// bucketDir is where the part of the bucket is that belongs to a data folder, "" for no bucket.
func bucketDir(dir string) string {
	if os.Getenv(onBucket) == "" {
		return ""
	}
	return filepath.Join(os.Getenv(inFolder), bucketName, dir)
}

// makeBucket makes Files in a bucket, of which each data folder has a part of its own.
func makeBucket(t testing.TB, dir string) mediastore.Files {
	files, err := bucket.New(t.Context(), bucket.Options{
		Bucket: bucketName, Prefix: strings.Trim(filepath.ToSlash(dir), "/"), Spool: filepath.Join(dir, "spool"),
		Endpoint: os.Getenv(onBucket), Region: s3.Region, PathStyle: true,
	})
	require.NoError(t, err)
	return files
}
