{% import "systems/words.sh" as args -%}
{% block configure %}{% endblock %}
{% block build -%}
pip3 wheel --no-cache-dir --no-build-isolation --no-deps --no-index -w dist .{% call args::words(make) %}{% endcall %}
{% endblock %}
{% block install -%}
# A step's root is not the machine: pip may install into it whatever a distribution says of its own Python (PEP 668), and
# removes nothing that lies there.
PIP_BREAK_SYSTEM_PACKAGES=1 PIP_IGNORE_INSTALLED=1 PIP_ROOT_USER_ACTION=ignore \
    pip3 install --no-cache-dir --no-deps --no-index dist/*.whl{% call args::words(install) %}{% endcall %}
{% endblock %}
