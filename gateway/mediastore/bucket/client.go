package bucket

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"

	"rtmwasm/gateway/media"
)

// defaultRegion is for object stores that have none.
const defaultRegion = "us-east-1"

// maxAttempts is how often a request is made before it counts as failed. The client of the
// gateway repeats it too.
const maxAttempts = 3

// maxIdle is how many connections are kept open for the next requests.
const maxIdle = 256

func newClient(ctx context.Context, options Options) (*s3.Client, error) {
	transport := awshttp.NewBuildableClient().
		WithDialerOptions(func(d *net.Dialer) { d.Timeout = 5 * time.Second }).
		WithTransportOptions(func(t *http.Transport) {
			t.MaxIdleConns, t.MaxIdleConnsPerHost = maxIdle, maxIdle
			t.TLSHandshakeTimeout = 5 * time.Second
			t.ResponseHeaderTimeout = stallTime
			t.WriteBufferSize, t.ReadBufferSize = copyBytes, copyBytes
		})
	loaded, err := config.LoadDefaultConfig(ctx,
		config.WithHTTPClient(transport),
		config.WithRetryer(func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts, o.MaxBackoff = maxAttempts, time.Second
			})
		}))
	if err != nil {
		return nil, fmt.Errorf("bucket: read the AWS settings of the environment: %w", err)
	}
	return s3.NewFromConfig(loaded, func(o *s3.Options) {
		o.HTTPClient = tracedClient{o.HTTPClient}
		o.Region = cmp.Or(options.Region, o.Region, defaultRegion)
		o.UsePathStyle = options.PathStyle
		if options.Endpoint != "" {
			o.BaseEndpoint = &options.Endpoint
		}
		// What is stored has the SHA-256 that was taken while it arrived, and not every
		// object store knows the checksums that the SDK would add.
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		o.DisableLogOutputChecksumValidationSkipped = true
	}), nil
}

// withDigest signs a request for a body whose SHA-256 is known already, so that it is not
// taken once more. The object store checks it.
func withDigest(sum []byte) func(*s3.Options) {
	setHash := middleware.InitializeMiddlewareFunc("KnownDigest", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
		return next.HandleInitialize(v4.SetPayloadHash(ctx, hex.EncodeToString(sum)), in)
	})
	return func(o *s3.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
			return stack.Initialize.Add(setHash, middleware.After)
		})
	}
}

// failed wraps an error of the object store: as media.ErrNotFound if it says that there is
// no such object.
func failed(doing string, err error) error {
	switch code := errorCode(err); {
	case err == nil:
		return nil
	case code == "NoSuchKey" || code == "NotFound" || code == "" && status(err) == http.StatusNotFound:
		return fmt.Errorf("bucket: %s: %w", doing, media.ErrNotFound)
	case code == "XAmzContentSHA256Mismatch" || code == "BadDigest" || code == "XAmzContentChecksumMismatch":
		return fmt.Errorf("bucket: %s: %w (%w)", doing, errDamaged, err)
	}
	return fmt.Errorf("bucket: %s: %w", doing, err)
}

// errDamaged means that what arrived at the object store is not what was to be stored.
var errDamaged = errors.New("the content was damaged")

// errorCode is the object store's name for an error, "" for none.
func errorCode(err error) string {
	var known smithy.APIError
	if errors.As(err, &known) {
		return known.ErrorCode()
	}
	return ""
}

// status is the HTTP status that came with an error, 0 for none.
func status(err error) int {
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	return 0
}
