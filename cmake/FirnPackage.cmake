# install() and the Debian package.
include(GNUInstallDirs)
