module example.test/story

go 1.24

require github.com/patchbay-dev/patchbay/sdk/go v0.2.0

replace github.com/patchbay-dev/patchbay/sdk/go => ../../go
