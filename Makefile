# Only names the jobs; scripts/ does them.
module = target/release/res_ansitel_salesforce.so

.PHONY: all install demo test valgrind fuzz bench clean

all:
	scripts/cargo build --release
	cp target/release/libres_ansitel_salesforce.so $(module)

install:
	@DESTDIR='$(DESTDIR)' scripts/install

demo:
	@KEEP='$(KEEP)' scripts/demo

test:
	@scripts/test

valgrind:
	@scripts/valgrind

fuzz:
	@ONLY='$(ONLY)' scripts/fuzz $(SECONDS)

bench:
	@ONLY='$(ONLY)' scripts/bench

clean:
	scripts/cargo clean
