{% block configure %}{% endblock %}
{% block build -%}
pip3 wheel --no-cache-dir --no-build-isolation --no-deps --no-index -w dist{% for word in make %} {{ word }}{% endfor %} .
{% endblock %}
{% block install -%}
pip3 install --no-cache-dir --no-deps --no-index{% for word in install %} {{ word }}{% endfor %} dist/*.whl
{% endblock %}
