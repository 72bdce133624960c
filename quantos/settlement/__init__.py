"""Settlement: yesterday's holdings, today's signals and today's market become orders, holdings and NAV."""

from quantos.kit.compile_cache import use_own_folder

use_own_folder()
