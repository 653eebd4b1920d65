package bucket

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// ErrAway means that the object store cannot be reached now, so that it is worth trying again. For other
// errors of Check, somebody must change the settings.
var ErrAway = errors.New("the object store does not answer")

// Check asks the object store whether the bucket exists and may be listed. Its error says what to do.
func (f *Files) Check(ctx context.Context) error {
	ctx, cancel := within(ctx, 0)
	defer cancel()
	credentials, err := f.s3.Options().Credentials.Retrieve(ctx)
	if err != nil || !credentials.HasKeys() {
		return errors.New("there are no credentials for the object store: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the machine a role, or name a profile by AWS_PROFILE")
	}
	_, err = f.s3.ListObjectsV2(ctx, &s3.ListObjectsV2Input{
		Bucket: &f.options.Bucket, Prefix: ptr(f.partsPrefix()), MaxKeys: aws.Int32(1),
	})
	return f.explain("s3:ListBucket", err)
}

// explain returns an error that says what to do about an error of the object store. right is the
// permission that the request needed.
func (f *Files) explain(right string, err error) error {
	if err == nil {
		return nil
	}
	name := f.options.Bucket
	switch code := errorCode(err); code {
	case "NoSuchBucket":
		return fmt.Errorf("there is no bucket %q here: make it, or name another", name)
	case "AccessDenied", "AllAccessDisabled", "Forbidden":
		return fmt.Errorf("these credentials lack the right %s on the bucket %q (%s): give them the policy of docs/operating.md, for this bucket", right, name, code)
	case "InvalidAccessKeyId", "UnrecognizedClientException", "InvalidClientTokenId":
		return fmt.Errorf("the object store does not know the access key (%s): see AWS_ACCESS_KEY_ID, AWS_PROFILE or the role of the machine", code)
	case "SignatureDoesNotMatch":
		return errors.New("the secret key does not belong to the access key (SignatureDoesNotMatch): see AWS_SECRET_ACCESS_KEY; a proxy that changes the Host header does this too")
	case "ExpiredToken", "InvalidToken":
		return fmt.Errorf("the session token is no longer good (%s): see AWS_SESSION_TOKEN", code)
	case "RequestTimeTooSkewed":
		return errors.New("the clock of this machine differs from that of the object store by more than 15 minutes: run a time service")
	case "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "TemporaryRedirect":
		return fmt.Errorf("the bucket %q is in another region (%s%s): name it by region=", name, code, hint(err))
	case "InvalidBucketName":
		return fmt.Errorf("%q cannot be the name of a bucket", name)
	}
	if network := (net.Error)(nil); errors.As(err, &network) || status(err) >= http.StatusInternalServerError || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w: %w: check that it runs, and that endpoint= is right and can be reached from here", ErrAway, err)
	}
	if status(err) == http.StatusNotFound || status(err) == http.StatusMovedPermanently {
		return fmt.Errorf("the server that answers does not know the bucket: check endpoint=, and add path-style if URLs need the bucket in the path: %w", err)
	}
	return err
}

// hint returns the message of an error of the object store. It may name the right region.
func hint(err error) string {
	var known interface{ ErrorMessage() string }
	if errors.As(err, &known) && known.ErrorMessage() != "" {
		return ": " + strings.TrimSuffix(known.ErrorMessage(), ".")
	}
	return ""
}
