{% import "systems/words.sh" as args -%}
{% block configure %}{% endblock %}
{% block build -%}
pip3 wheel --no-cache-dir --no-build-isolation --no-deps --no-index -w dist .{% call args::words(make) %}{% endcall %}
{% endblock %}
{% block install -%}
pip3 install --no-cache-dir --no-deps --no-index dist/*.whl{% call args::words(install) %}{% endcall %}
{% endblock %}
